import { afterEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { Ollama, type Tool } from "ollama";
import OpenAI from "openai";
import { AppError } from "../../base/index.ts";
import {
  createFakeEngine,
  createFakeLibrary,
  createFakeRecord,
  createServerRecords,
  type FakeEngineOptions,
  type FakeLibraryOptions,
  type FakeStep,
  type ServerChanges,
  waitUntil,
} from "../../testing/index.ts";
import { type RunningServer, startServer } from "../start-server.ts";

const running: RunningServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop(AbortSignal.abort());
});

type Options = { readonly engine?: FakeEngineOptions; readonly library?: FakeLibraryOptions } & {
  readonly changes?: Omit<ServerChanges, "engine" | "library">;
};

function serve({ engine, library, changes }: Options = {}) {
  const records = createServerRecords({
    ...changes,
    engine: createFakeEngine(engine),
    library: createFakeLibrary(library ?? { names: ["fake-model"] }),
  });
  const server = startServer(records.deps, { port: 0 });
  running.push(server);
  const [key] = changes?.apiKeys ?? [];
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return { ...records, server, client: new Ollama({ host: server.url, headers }) };
}

const model = "fake-model";
const messages = [{ role: "user", content: "hello" }];
const text = " alpha beta gamma delta";
const endless = (steps: FakeStep[]) => () => [...steps, { until: new Promise<void>(() => {}) }];

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("the client of Ollama", () => {
  test("chats, whole and streamed, with the same text", async () => {
    const { client } = serve();
    const whole = await client.chat({ model, messages });
    expect(whole.message.content).toBe(text);
    expect(whole).toMatchObject({ done: true, done_reason: "stop", eval_count: 4 });
    const parts = await collect(await client.chat({ model, messages, stream: true }));
    expect(parts.map(({ message }) => message.content).join("")).toBe(text);
    expect(parts.at(-1)).toMatchObject({ done: true, eval_count: 4 });
  });

  test("chats with thinking, tools and a schema", async () => {
    const call = { index: 0, id: "a", name: "add", argumentsDelta: '{"x":1}' };
    const { client, engine } = serve({
      engine: { script: () => [{ reasoning: "hm" }, { toolCall: call }] },
    });
    const tool: Tool = {
      type: "function",
      function: { name: "add", description: "sums", parameters: { type: "object", properties: {} } },
    };
    const format = { type: "object", properties: { x: { type: "integer" } }, required: ["x"] };
    const { message } = await client.chat({ model, messages, think: "low", tools: [tool], format });
    expect(message.thinking).toBe("hm");
    expect(message.tool_calls?.[0]?.function).toMatchObject({ name: "add", arguments: { x: 1 } });
    expect(engine.requests[0]?.constraint).toEqual({ type: "json-schema", schema: format });
    const history = [...messages, message, { role: "tool", content: "1", tool_name: "add" }];
    expect((await client.chat({ model, messages: history })).done).toBe(true);
    expect(engine.requests[1]?.input).toMatchObject({
      messages: [{}, { toolCalls: [{ id: "a" }] }, { toolCallId: "a" }],
    });
  });

  test("generates, whole and streamed, and goes on from a context", async () => {
    const { client, engine } = serve();
    const whole = await client.generate({ model, prompt: "hello" });
    expect(whole.response).toBe(text);
    const parts = await collect(
      await client.generate({ model, prompt: "more", context: whole.context, stream: true }),
    );
    expect(parts.map(({ response }) => response).join("")).toBe(text);
    expect(engine.requests[1]?.input.type).toBe("tokens");
  });

  test("loads and unloads a model, and sees it in ps", async () => {
    const { client } = serve({ engine: { isLoaded: false } });
    expect((await client.ps()).models).toEqual([]);
    await client.generate({ model, prompt: "", keep_alive: "5m" });
    expect((await client.ps()).models[0]).toMatchObject({ name: model, size_vram: 0 });
    const unloaded = await client.chat({ model, messages: [], keep_alive: 0, stream: true });
    expect((await collect(unloaded))[0]?.done_reason).toBe("unload");
    expect((await client.ps()).models).toEqual([]);
  });

  test("embeds", async () => {
    const { client } = serve();
    const { embeddings } = await client.embed({ model, input: ["a", "b"] });
    expect(embeddings.map((vector) => vector.length)).toEqual([8, 8]);
    expect((await client.embeddings({ model, prompt: "a" })).embedding).toEqual(embeddings[0] ?? []);
  });

  test("lists, shows, copies and deletes models", async () => {
    const { client } = serve();
    expect((await client.list()).models.map(({ name }) => name)).toEqual([model]);
    expect((await client.show({ model })).capabilities).toContain("completion");
    expect(await client.copy({ source: model, destination: "other" })).toEqual({ status: "success" });
    expect(await client.delete({ model })).toEqual({ status: "success" });
    expect((await client.list()).models.map(({ name }) => name)).toEqual(["other"]);
    expect((await client.version()).version).toMatch(/^\d/);
  });

  test("pulls with its progress, and creates", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const step = {
      type: "progress",
      status: "pulling 000000000000",
      digest,
      total: 9,
      completed: 3,
    } as const;
    const { client, library } = serve({ library: { pulls: { tiny: [step] } } });
    const progress = await collect(await client.pull({ model: "tiny", stream: true }));
    expect(progress.map(({ status }) => status)).toEqual([
      "pulling manifest",
      "pulling 000000000000",
      "success",
    ]);
    expect(progress[1]).toMatchObject({ digest, total: 9, completed: 3 });
    const created = await client.create({ model: "mine", from: "tiny", system: "be kind" });
    expect(created.status).toBe("success");
    expect((await client.show({ model: "mine" })).system).toBe("be kind");
    expect(library.creations[0]?.from).toBe("tiny");
  });

  test("is told of errors in its own way", async () => {
    const fail = new AppError("host_died", "The engine host died.");
    const { client } = serve({ engine: { contextTokens: 30, script: () => [{ text: "a" }, { fail }] } });
    const attempt = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
    expect(await attempt(client.chat({ model: "nope", messages }))).toMatchObject({ status_code: 404 });
    const long = [{ role: "user", content: "x".repeat(50) }];
    expect(await attempt(client.chat({ model, messages: long, stream: true }))).toMatchObject({
      status_code: 400,
      error: expect.stringMatching(/69.*30/),
    });
    const stream = await client.generate({ model, prompt: "x", stream: true });
    expect(await attempt(collect(stream))).toMatchObject({ message: "The engine host died." });
    expect(await attempt(client.push({ model }))).toMatchObject({ status_code: 404 });
  });

  test("is let in with its key alone", async () => {
    const { client, server } = serve({ changes: { apiKeys: ["secret"] } });
    expect((await client.list()).models).toHaveLength(1);
    const stranger = new Ollama({ host: server.url });
    expect(await stranger.list().catch((error: unknown) => error)).toMatchObject({ status_code: 401 });
  });

  test("stops a generation by going away", async () => {
    const { client, engine, generations } = serve({ engine: { script: endless([{ text: "one" }]) } });
    const stream = await client.chat({ model, messages, stream: true });
    for await (const part of stream) if (part.message.content === "one") break;
    stream.abort();
    await waitUntil("the place is free", () => engine.running === 0);
    expect(generations[0]?.outcome).toBe("cancelled");
  });

  test("stops a pull by going away", async () => {
    const until = new Promise<void>(() => {});
    const { client, library } = serve({ library: { pulls: { slow: [{ until }] } } });
    const stream = await client.pull({ model: "slow", stream: true });
    for await (const part of stream) if (part.status === "pulling manifest") break;
    stream.abort();
    await waitUntil("the pull has ended", () => library.pulling === 0);
  });
});

describe("VS Code's Copilot", () => {
  test("finds the model by its probes and chats with it on the same port", async () => {
    const { server } = serve({
      engine: { models: ["qwen3:0.6b"] },
      library: { records: [createFakeRecord("qwen3:0.6b")] },
    });
    const headers = { "user-agent": "GitHubCopilotChat/0.30.0", "content-type": "application/json" };
    const read = async (path: string, body?: object) => {
      const init = body ? { method: "POST", body: JSON.stringify(body) } : {};
      return JSON.parse(await (await fetch(`${server.url}${path}`, { headers, ...init })).text());
    };
    expect(Bun.semver.satisfies((await read("/api/version")).version, ">=0.6.4")).toBe(true);
    const [listed] = (await read("/api/tags")).models;
    const shown = await read("/api/show", { model: listed.model });
    expect(shown.capabilities).toContain("tools");
    expect(shown.model_info).toMatchObject({
      "general.architecture": "fake",
      "general.basename": "qwen3:0.6b",
      "fake.context_length": 4096,
    });
    const openai = new OpenAI({ apiKey: "none", baseURL: `${server.url}/v1`, maxRetries: 0 });
    const answer = await openai.chat.completions.create({
      model: listed.model,
      messages: [{ role: "user", content: "hello" }],
    });
    expect(answer.choices[0]?.message.content).toBe(text);
  });
});

describe("uploads", () => {
  const big = Buffer.alloc(40 * 1024 * 1024, "x");
  const digest = `sha256:${createHash("sha256").update(big).digest("hex")}`;

  test("a file larger than any other body is taken in", async () => {
    const { server, library } = serve();
    const response = await fetch(`${server.url}/api/blobs/${digest}`, { method: "POST", body: big });
    expect(response.status).toBe(201);
    expect(library.blobs.get(digest)?.byteLength).toBe(big.byteLength);
  });

  test("an upload that breaks off leaves nothing behind", async () => {
    const { server, library } = serve();
    const socket = await Bun.connect({ hostname: "127.0.0.1", port: server.port, socket: { data() {} } });
    socket.write(`POST /api/blobs/${digest} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\nxxx`);
    await waitUntil("the upload is seen", () => server.inFlight === 1);
    socket.terminate();
    await waitUntil("the upload is over", () => server.inFlight === 0);
    expect(library.blobs.size).toBe(0);
  });
});
