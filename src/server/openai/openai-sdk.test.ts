import { afterEach, expect, test } from "bun:test";
import OpenAI from "openai";
import { AppError } from "../../base/index.ts";
import {
  createFakeEngine,
  createServerRecords,
  type FakeEngineOptions,
  type FakeStep,
  type ServerChanges,
  waitUntil,
} from "../../testing/index.ts";

import { type RunningServer, startServer } from "../start-server.ts";

const running: RunningServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop(AbortSignal.abort());
});

function serve(options: FakeEngineOptions = {}, changes: ServerChanges = {}) {
  const records = createServerRecords({ ...changes, engine: createFakeEngine(options) });
  const server = startServer(records.deps, { port: 0 });
  running.push(server);
  const client = new OpenAI({
    apiKey: changes.apiKeys?.[0] ?? "none",
    baseURL: `${server.url}/v1`,
    maxRetries: 0,
  });
  return { ...records, server, client };
}

const model = "fake-model";
const messages = [{ role: "user" as const, content: "hello" }];
const endless = (steps: FakeStep[]) => () => [...steps, { until: new Promise<void>(() => {}) }];

test("the SDK lists and finds models", async () => {
  const { client } = serve({ models: ["org/one", "two"] });
  const { data } = await client.models.list();
  expect(data.map((entry) => entry.id)).toEqual(["org/one", "two"]);
  expect((await client.models.retrieve("org/one")).object).toBe("model");
});

test("the SDK reads a whole answer and its request id", async () => {
  const { client } = serve();
  const completion = await client.chat.completions.create({ model, messages });
  expect(completion.choices[0]?.message.content).toBe(" alpha beta gamma delta");
  expect(completion._request_id).toStartWith("req-");
});

test("the SDK's stream helper puts text and usage together", async () => {
  const { client } = serve();
  const stream = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
  const final = await stream.finalChatCompletion();
  expect(final.choices[0]?.message.content).toBe(" alpha beta gamma delta");
  expect(final.usage?.completion_tokens).toBe(4);
});

test("the SDK's stream helper puts parallel tool calls together", async () => {
  const script = (): FakeStep[] => [
    { toolCall: { index: 0, id: "a", name: "add", argumentsDelta: '{"x":' } },
    { toolCall: { index: 0, argumentsDelta: "1}" } },
    { toolCall: { index: 1, id: "b", name: "sub", argumentsDelta: "{}" } },
  ];
  const { client } = serve({ script });
  const tools = ["add", "sub"].map((name) => ({
    type: "function" as const,
    function: { name, parameters: {} },
  }));
  const final = await client.chat.completions.stream({ model, messages, tools }).finalChatCompletion();
  const calls = final.choices[0]?.message.tool_calls?.map((call) => [
    call.id,
    call.type === "function" && call.function,
  ]);
  expect(calls).toEqual([
    ["a", expect.objectContaining({ name: "add", arguments: '{"x":1}' })],
    ["b", expect.objectContaining({ name: "sub", arguments: "{}" })],
  ]);
});

test("closing a stream stops the generation", async () => {
  const { client, engine, generations } = serve({ script: endless([{ text: "one" }]) });
  const stream = await client.chat.completions.create({ model, messages, stream: true });
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content === "one") break;
  }
  await waitUntil("the place is free", () => engine.running === 0);
  expect(generations[0]?.outcome).toBe("cancelled");
});

test("aborting a request that is not streamed stops the generation", async () => {
  const { client, engine } = serve({ script: endless([{ text: "one" }]) });
  const controller = new AbortController();
  const reply = client.chat.completions
    .create({ model, messages }, { signal: controller.signal })
    .catch((error) => error);
  await waitUntil("the generation runs", () => engine.running === 1);
  controller.abort();
  expect(await reply).toBeInstanceOf(OpenAI.APIUserAbortError);
  await waitUntil("the place is free", () => engine.running === 0);
});

test("errors arrive as the SDK's own classes", async () => {
  const { client } = serve({ contextTokens: 30 }, { apiKeys: ["secret-key"] });
  const create = (request: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>) =>
    client.chat.completions.create({ model, messages, ...request }).catch((error) => error);
  expect(await create({ model: "nope" })).toBeInstanceOf(OpenAI.NotFoundError);
  expect(await create({ temperature: 3 })).toMatchObject({ status: 400, param: "temperature" });
  const long = [{ role: "user" as const, content: "x".repeat(50) }];
  expect(await create({ messages: long })).toMatchObject({ status: 400, code: "context_length_exceeded" });
  client.apiKey = "wrong";
  expect(await create({})).toBeInstanceOf(OpenAI.AuthenticationError);
});

test("an error inside a stream is thrown by the SDK after what came before", async () => {
  const fail = new AppError("host_died", "The engine host died.");
  const { client } = serve({ script: () => [{ text: "one" }, { fail }] });
  const stream = await client.chat.completions.create({ model, messages, stream: true });
  const texts: string[] = [];
  const reading = (async () => {
    for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content ?? "");
  })();
  expect(await reading.catch((error) => error)).toMatchObject({
    message: expect.stringContaining("The engine host died."),
  });
  expect(texts).toContain("one");
});

test("a full queue is a 503 that the SDK retries", async () => {
  const gate = Promise.withResolvers<void>();
  const { client, engine, requests } = serve({
    queueLimit: 1,
    script: () => [{ until: gate.promise }, { text: "done" }],
  });
  const first = client.chat.completions.create({ model, messages });
  await waitUntil("the queue is full", () => engine.running === 1);
  const second = client.chat.completions.create({ model, messages }, { maxRetries: 5 });
  await waitUntil("the second was refused", () => requests.some((request) => request.status === 503));
  gate.resolve();
  expect((await first).choices[0]?.message.content).toBe("done");
  expect((await second).choices[0]?.message.content).toBe("done");
});

test("the SDK's default base64 embeddings equal the float ones", async () => {
  const { client } = serve();
  const input = ["first text", "second"];
  const packed = await client.embeddings.create({ model, input });
  const plain = await client.embeddings.create({ model, input, encoding_format: "float" });
  expect(packed.data.map((entry) => [...entry.embedding])).toEqual(
    plain.data.map((entry) => entry.embedding),
  );
  expect(packed.data).toHaveLength(2);
});

test("the SDK streams a text completion", async () => {
  const { client } = serve();
  let text = "";
  for await (const chunk of await client.completions.create({ model, prompt: "Once", stream: true })) {
    text += chunk.choices[0]?.text ?? "";
  }
  expect(text).toBe(" alpha beta gamma delta");
});

test("a silent stream sends keep-alive comments, which the SDK skips", async () => {
  const gate = Promise.withResolvers<void>();
  const { client, server } = serve(
    { script: () => [{ until: gate.promise }, { text: "late" }] },
    { keepAliveMs: 1 },
  );
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages, stream: true }),
  });
  const sdk = client.chat.completions.stream({ model, messages }).finalChatCompletion();
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk);
    if (text.split(": keep-alive\n\n").length > 3) gate.resolve();
  }
  expect(text).toContain(`{"content":"late"}`);
  expect((await sdk).choices[0]?.message.content).toBe("late");
});

test("a stop lets a running stream end, refuses new requests, and frees the port", async () => {
  const gate = Promise.withResolvers<void>();
  const { client, server } = serve({
    script: () => [{ text: "one" }, { until: gate.promise }, { text: "two" }],
  });
  const stream = client.chat.completions.stream({ model, messages });
  await stream.emitted("content");
  const stopped = server.stop(new AbortController().signal);
  const refused = await client.chat.completions.create({ model, messages }).catch((error) => error);
  expect(refused).toMatchObject({ status: 503, code: "shutting_down" });
  expect(refused.headers.get("retry-after")).toBe("5");
  expect((await fetch(`${server.url}/ready`)).status).toBe(503);
  gate.resolve();
  expect(await stream.finalContent()).toBe("onetwo");
  await stopped;
  expect(await fetch(`${server.url}/livez`).catch((error) => error)).toBeInstanceOf(Error);
});

test("a stop that runs out of time ends a stream with an error frame", async () => {
  const { client, server, engine } = serve({ script: endless([{ text: "one" }]) });
  const stream = await client.chat.completions.create({ model, messages, stream: true });
  const deadline = new AbortController();
  const stopped = server.stop(deadline.signal);
  const reading = (async () => {
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content === "one") deadline.abort();
  })();
  expect(await reading.catch((error) => error)).toMatchObject({ code: "shutting_down" });
  await stopped;
  expect(engine.running).toBe(0);
});

test("of 200 clients at once on a queue of 64, 64 are answered and the others refused", async () => {
  const gate = Promise.withResolvers<void>();
  const { client, engine, requests } = serve({
    queueLimit: 64,
    script: () => [{ until: gate.promise }, { text: "ab" }],
  });
  const answers = Array.from({ length: 200 }, () =>
    client.chat.completions.create({ model, messages }).then(
      (completion) => completion.choices[0]?.message.content,
      (error) => error.status,
    ),
  );
  await waitUntil(
    "the others are refused",
    () => requests.filter((request) => request.status === 503).length === 136,
  );
  gate.resolve();
  const counts = Map.groupBy(await Promise.all(answers), (answer) => answer);
  expect([counts.get("ab")?.length, counts.get(503)?.length]).toEqual([64, 136]);
  expect(engine.running).toBe(0);
});
