import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import type { FakeStep } from "../../testing/index.ts";
import { createOllamaApp, readLines, readObject, withoutTimes } from "./app-fixture.ts";

const path = "/api/chat";
const model = "fake-model";
const messages = [{ role: "user", content: "hello" }];

type Chat = {
  message: { content: string; thinking?: string; tool_calls?: object[] };
  logprobs?: object[];
  error?: string;
};

const scripted = (...steps: FakeStep[]) => ({ script: () => steps });

/** Of a loaded model, after `completion` tokens. */
const end = (completion: number, reason = "stop") => ({
  done: true,
  done_reason: reason,
  load_duration: 0,
  prompt_eval_count: 23,
  prompt_eval_duration: 2_000_000,
  eval_count: completion,
  eval_duration: 4_000_000,
  prompt_cached_count: 0,
});

describe("whole answers", () => {
  test("an answer has exactly Ollama's shape, with real figures", async () => {
    const { post, generations } = createOllamaApp(scripted({ text: "Hi" }, { text: " there" }));
    const answer = await post(path, { model, messages, stream: false });
    expect(answer.headers.get("content-type")).toStartWith("application/json");
    expect(withoutTimes(readObject(answer))).toEqual({
      model,
      message: { role: "assistant", content: "Hi there" },
      ...end(2),
    });
    expect(generations[0]).toMatchObject({ outcome: "finished", model });
  });

  test("the model is called as the client called it, and a load shows in its duration", async () => {
    const { post } = createOllamaApp({ models: ["qwen3:latest"], isLoaded: false });
    const body = readObject(await post(path, { model: "qwen3", messages, stream: false }));
    expect(body.model).toBe("qwen3");
    expect(body.load_duration).toBe(5_000_000);
  });

  test("thinking stands apart from the answer", async () => {
    const { post } = createOllamaApp(scripted({ reasoning: "hm" }, { text: "yes" }));
    const { message } = readObject(await post(path, { model, messages, stream: false, think: true }));
    expect(message).toEqual({ role: "assistant", content: "yes", thinking: "hm" });
  });

  test("tool calls come with their arguments as objects", async () => {
    const { post } = createOllamaApp(
      scripted(
        { toolCall: { index: 0, id: "call_a", name: "add", argumentsDelta: '{"x"' } },
        { toolCall: { index: 0, argumentsDelta: ":1}" } },
        { toolCall: { index: 1, id: "call_b", name: "now", argumentsDelta: "" } },
      ),
    );
    const tools = [{ type: "function", function: { name: "add", parameters: { type: "object" } } }];
    const body = readObject(await post(path, { model, messages, tools, stream: false }));
    expect(body.message).toEqual({
      role: "assistant",
      content: "",
      tool_calls: [
        { id: "call_a", function: { index: 0, name: "add", arguments: { x: 1 } } },
        { id: "call_b", function: { index: 1, name: "now", arguments: {} } },
      ],
    });
    expect(body.done_reason).toBe("stop");
  });

  test("a call whose arguments are no object is given as the text that it is", async () => {
    const { post } = createOllamaApp(
      scripted({ text: "Well: " }, { toolCall: { index: 0, id: "a", name: "add", argumentsDelta: '{"x":' } }),
    );
    const answer = await post(path, { model, messages, stream: false });
    expect(answer.status).toBe(200);
    expect(readObject(answer).message).toEqual({
      role: "assistant",
      content: 'Well: {"name":"add","arguments":{"x":}',
    });
  });

  test("logprobs come with their alternatives", async () => {
    const { post } = createOllamaApp(scripted({ text: "a" }, { text: "b" }));
    const body = readObject<Chat>(
      await post(path, { model, messages, stream: false, logprobs: true, top_logprobs: 1 }),
    );
    const alternative = { token: "a", logprob: -0.5, bytes: [97] };
    expect(body.logprobs).toHaveLength(2);
    expect(body.logprobs?.[0]).toEqual({ ...alternative, top_logprobs: [alternative] });
  });

  test("an answer that its limit ends says length", async () => {
    const { post } = createOllamaApp();
    const body = { model, messages, stream: false, options: { num_predict: 2 } };
    expect(withoutTimes(readObject(await post(path, body)))).toMatchObject({
      message: { content: " alpha beta" },
      ...end(2, "length"),
    });
  });
});

describe("streamed answers", () => {
  test("an answer is streamed as lines unless the client says otherwise", async () => {
    const { post } = createOllamaApp(scripted({ text: "Hi" }, { text: "!" }));
    const answer = await post(path, { model, messages });
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    expect(readLines(answer).map(withoutTimes)).toEqual([
      { model, message: { role: "assistant", content: "Hi" }, done: false },
      { model, message: { role: "assistant", content: "!" }, done: false },
      { model, message: { role: "assistant", content: "" }, ...end(2) },
    ]);
  });

  test("a tool call is a line of its own once it is whole", async () => {
    const { post } = createOllamaApp(
      scripted(
        { text: "Let me see." },
        { toolCall: { index: 0, id: "a", name: "add", argumentsDelta: '{"x"' } },
        { toolCall: { index: 0, argumentsDelta: ":1}" } },
        { toolCall: { index: 1, id: "b", name: "sub", argumentsDelta: "{}" } },
      ),
    );
    const calls = readLines<Chat>(await post(path, { model, messages })).map(
      ({ message }) => message.tool_calls,
    );
    expect(calls).toEqual([
      undefined,
      [{ id: "a", function: { index: 0, name: "add", arguments: { x: 1 } } }],
      [{ id: "b", function: { index: 1, name: "sub", arguments: {} } }],
      undefined,
    ]);
  });

  test("the logprob of a token comes with its text", async () => {
    const { post } = createOllamaApp(scripted({ text: "a" }, { text: "b" }));
    const lines = readLines<Chat>(await post(path, { model, messages, logprobs: true }));
    expect(lines.map(({ logprobs }) => logprobs?.[0])).toEqual([
      expect.objectContaining({ token: "a" }),
      expect.objectContaining({ token: "b" }),
      undefined,
    ]);
  });

  test("a failure before the first event keeps its status", async () => {
    const { post } = createOllamaApp({ queueLimit: 0 });
    const answer = await post(path, { model, messages });
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(readObject(answer)).toEqual({ error: "All 0 places are taken." });
  });

  test("a failure in the middle is a line with the error, and the end", async () => {
    const fail = new AppError("host_died", "The engine host died.");
    const { post, requests } = createOllamaApp(scripted({ text: "a" }, { fail }));
    const lines = readLines<Chat>(await post(path, { model, messages }));
    expect(lines.map(({ error, message }) => error ?? message.content)).toEqual([
      "a",
      "The engine host died.",
    ]);
    expect(requests[0]).toMatchObject({ route: path, status: 200, errorCode: "host_died" });
  });

  test("silence is filled with lines that say nothing", async () => {
    const gate = Promise.withResolvers<void>();
    const { app } = createOllamaApp(scripted({ until: gate.promise }, { text: "late" }), { keepAliveMs: 1 });
    const response = await app.request(path, { method: "POST", body: JSON.stringify({ model, messages }) });
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      gate.resolve();
    }
    const lines = readLines<Chat>({ status: 200, headers: response.headers, text });
    expect(lines[0]).toMatchObject({ message: { role: "assistant", content: "" }, done: false });
    expect(lines.map(({ message }) => message.content).join("")).toBe("late");
  });

  test("whatever the model says, the lines add up to the whole answer", async () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
    const step = fc.oneof(
      fc.record({ text }),
      fc.record({ reasoning: text }),
      fc.record({
        toolCall: fc.record({
          index: fc.nat({ max: 2 }),
          id: fc.constant("call"),
          name: text,
          argumentsDelta: fc.constantFrom("{}", '{"a":', "1}", "", "[1]"),
        }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { post } = createOllamaApp(scripted(...steps));
        const whole = readObject<Chat>(await post(path, { model, messages, stream: false, logprobs: true }));
        const lines = readLines<Chat>(await post(path, { model, messages, logprobs: true }));
        const join = (field: "content" | "thinking") =>
          lines.map(({ message }) => message[field] ?? "").join("");
        expect(join("content")).toBe(whole.message.content);
        expect(join("thinking")).toBe(whole.message.thinking ?? "");
        expect(lines.flatMap(({ message }) => message.tool_calls ?? [])).toEqual(
          whole.message.tool_calls ?? [],
        );
        expect(lines.flatMap(({ logprobs }) => logprobs ?? [])).toEqual(whole.logprobs ?? []);
      }),
      { numRuns: 50 },
    );
  });
});

describe("requests without messages", () => {
  test("an empty list loads the model and keeps it as long as it says", async () => {
    const { post, engine } = createOllamaApp({ isLoaded: false });
    const body = { model, messages: [], keep_alive: "10m", options: { num_ctx: 512 } };
    expect(withoutTimes(readObject(await post(path, body)))).toEqual({
      model,
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: "load",
    });
    expect(engine.loads).toEqual([{ model, keepAliveMs: 600_000, contextTokens: 512 }]);
    expect(engine.resident()).toHaveLength(1);
  });

  test("a keep_alive of 0 unloads it", async () => {
    const { post, engine } = createOllamaApp();
    const body = readObject(await post(path, { model, keep_alive: 0 }));
    expect(body).toMatchObject({ done: true, done_reason: "unload" });
    expect(engine.resident()).toEqual([]);
  });

  test("a model that cannot be loaded is told with its reason", async () => {
    const reason = new AppError("model_too_large", "needs 9 GiB and 4 GiB are free");
    const { post } = createOllamaApp({ isLoaded: false, loading: () => Promise.reject(reason) });
    const answer = await post(path, { model });
    expect(answer.status).toBe(507);
    expect(readObject(answer)).toEqual({ error: "needs 9 GiB and 4 GiB are free" });
  });
});

describe("conversations", () => {
  test("every field that Ollama's messages have is taken over", async () => {
    const { post, engine } = createOllamaApp();
    await post(path, {
      model,
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: "add", images: [] },
        {
          role: "assistant",
          content: "",
          thinking: "hm",
          tool_calls: [
            { function: { name: "add", arguments: { x: 1 } } },
            { id: "given", function: { name: "sub", arguments: '{"y":2}' } },
          ],
        },
        { role: "tool", content: "2", tool_name: "sub" },
        { role: "tool", content: "1", tool_name: "add" },
        { role: "tool", content: "0", tool_call_id: "other" },
      ],
    });
    expect(engine.requests[0]?.input).toMatchObject({
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: "add" },
        {
          role: "assistant",
          reasoning: "hm",
          toolCalls: [
            { id: "call_2_0", name: "add", arguments: '{"x":1}' },
            { id: "given", name: "sub", arguments: '{"y":2}' },
          ],
        },
        { role: "tool", content: "2", name: "sub", toolCallId: "given" },
        { role: "tool", content: "1", name: "add", toolCallId: "call_2_0" },
        { role: "tool", content: "0", toolCallId: "other" },
      ],
      continueFinalMessage: false,
      addGenerationPrompt: true,
    });
  });

  test("a last message of the assistant is gone on from", async () => {
    const { post, engine } = createOllamaApp();
    await post(path, { model, messages: [...messages, { role: "assistant", content: "Once" }] });
    expect(engine.requests[0]?.input).toMatchObject({
      continueFinalMessage: true,
      addGenerationPrompt: false,
    });
  });

  test("images are refused by name, as no model here sees", async () => {
    const { post } = createOllamaApp();
    const answer = await post(path, {
      model,
      messages: [...messages, { role: "user", content: "and this?", images: ["aGk="] }],
    });
    expect(answer.status).toBe(400);
    expect(readObject(answer).error).toBe(
      'messages[1].images: the model "fake-model" takes no images, only text.',
    );
  });

  test("a prompt longer than the context is a 400 with both numbers", async () => {
    const { post } = createOllamaApp({ contextTokens: 10 });
    for (const stream of [true, false]) {
      const answer = await post(path, { model, messages, stream });
      expect(answer.status).toBe(400);
      expect(readObject(answer).error).toMatch(/24.*10/);
    }
  });

  test("a model that is not here is a 404 in Ollama's shape", async () => {
    const { post } = createOllamaApp();
    const answer = await post(path, { model: "nope", messages });
    expect(answer.status).toBe(404);
    expect(readObject(answer)).toEqual({ error: expect.stringContaining("nope") });
  });
});
