import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { createFakeEngine, createServerRecords, type FakeEngineOptions } from "../../testing/index.ts";
import { createServerApp } from "../app.ts";
import { maxPrompts } from "../limits.ts";

function createApp(options: FakeEngineOptions = {}) {
  const records = createServerRecords({ engine: createFakeEngine(options) });
  const app = createServerApp(records.deps);
  const post = async (body: object) => {
    const response = await app.request("/v1/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return { response, text, body: text.startsWith("{") ? JSON.parse(text) : undefined };
  };
  return { ...records, post };
}

function readChunks(text: string) {
  const frames = text.split("\n\n").filter((frame) => frame !== "");
  expect(frames.at(-1)).toBe("data: [DONE]");
  return frames.slice(0, -1).map((frame) => JSON.parse(frame.replace("data: ", "")));
}

const answer = ["a", "b"].map((text) => ({ text }));
const script = () => answer;

describe("whole completions", () => {
  test("a completion has exactly OpenAI's shape", async () => {
    const { body } = await createApp({ script }).post({ model: "fake-model", prompt: "Once" });
    const { id, created, system_fingerprint, ...rest } = body;
    expect(id).toStartWith("cmpl-");
    expect(created).toBeGreaterThan(0);
    expect(system_fingerprint).toStartWith("fp_");
    expect(rest).toMatchObject({
      object: "text_completion",
      model: "fake-model",
      choices: [{ text: "ab", index: 0, logprobs: null, finish_reason: "stop" }],
      usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 },
    });
  });

  test("16 tokens are made where no limit is given, and n_predict -1 takes the limit away", async () => {
    const { post, engine } = createApp({ script });
    await post({ prompt: "x" });
    await post({ prompt: "x", n_predict: -1 });
    await post({ prompt: "x", max_tokens: 5 });
    expect(engine.requests.map((request) => request.maxTokens)).toEqual([16, undefined, 5]);
  });

  test.each([
    ["text", { type: "text", text: "text" }],
    [[1, 2], { type: "tokens", tokens: [1, 2] }],
  ])("the prompt %j reaches the engine as it is", async (prompt, input) => {
    const { post, engine } = createApp({ script });
    await post({ prompt });
    expect(engine.requests[0]?.input as unknown).toEqual(input);
  });

  test("several prompts with several answers each are numbered prompt by prompt, and their usage is summed", async () => {
    const { post } = createApp({
      script: (request, choice) => [
        { text: `${request.input.type === "text" ? request.input.text : ""}${choice}` },
      ],
    });
    const { body } = await post({ prompt: ["p", "qq"], n: 2 });
    const seen = body.choices.map((choice: { index: number; text: string }) => [choice.index, choice.text]);
    expect(seen).toEqual([
      [0, "p0"],
      [1, "p1"],
      [2, "qq0"],
      [3, "qq1"],
    ]);
    expect(body.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 4 });
  });

  test("more prompts than run at once all find their answers", async () => {
    const { post, engine } = createApp({ script, queueLimit: 8 });
    const { body } = await post({ prompt: Array.from({ length: 30 }, (_, index) => [index]) });
    expect(body.choices).toHaveLength(30);
    expect(engine.requests).toHaveLength(30);
  });

  test("a prompt that fails ends the whole request with its own error", async () => {
    const { post, engine } = createApp({
      script: (request) => [{ fail: new AppError("out_of_memory", request.id) }],
    });
    const { response, body } = await post({ prompt: ["a", "b", "c"] });
    expect(response.status).toBe(500);
    expect(body.error.code).toBe("out_of_memory");
    expect(engine.running).toBe(0);
  });

  test("echo puts the prompt in front, for token prompts too", async () => {
    const { post } = createApp({ script });
    expect((await post({ prompt: "Once", echo: true })).body.choices[0].text).toBe("Onceab");
    expect((await post({ prompt: [79, 110], echo: true })).body.choices[0].text).toBe("Onab");
  });

  test("echo with logprobs scores the prompt's own tokens, as evaluation harnesses need", async () => {
    const { post } = createApp({ script });
    const { body } = await post({ prompt: [79, 110], echo: true, logprobs: 1, max_tokens: 0 });
    expect(body.choices[0]).toEqual({
      text: "On",
      index: 0,
      logprobs: {
        tokens: ["O", "n"],
        token_logprobs: [null, -0.5],
        top_logprobs: [null, { n: -0.5 }],
        text_offset: [0, 1],
      },
      finish_reason: "length",
    });
  });

  test("logprobs come in the older form, the token itself among the likeliest", async () => {
    const { body } = await createApp({ script }).post({ prompt: "x", logprobs: 2 });
    expect(body.choices[0].logprobs).toEqual({
      tokens: ["a", "b"],
      token_logprobs: [-0.5, -0.5],
      top_logprobs: [
        { a: -0.5, other1: -1.5 },
        { b: -0.5, other1: -1.5 },
      ],
      text_offset: [0, 1],
    });
  });

  test("a suffix asks for what stands between, where the model can do that", async () => {
    const { post, engine } = createApp({ script, infill: true });
    await post({ prompt: "a(", suffix: ")" });
    expect(engine.requests[0]?.input).toEqual({ type: "infill", prefix: "a(", suffix: ")" });
    const refused = await createApp({ script, infill: false }).post({ prompt: "a(", suffix: ")" });
    expect(refused.response.status).toBe(400);
    expect(refused.body.error.param).toBe("suffix");
  });

  test("an empty suffix is no suffix", async () => {
    const { post, engine } = createApp({ script });
    expect((await post({ prompt: "a", suffix: "" })).response.status).toBe(200);
    expect(engine.requests[0]?.input.type).toBe("text");
  });

  test.each([
    [{}, "prompt"],
    [{ prompt: "" }, "prompt"],
    [{ prompt: [] }, "prompt"],
    [{ prompt: ["a", 1] }, "prompt[1]"],
    [{ prompt: [-1] }, "prompt[0]"],
    [{ prompt: [[1], []] }, "prompt[1]"],
    [{ prompt: "x", max_tokens: 0 }, "max_tokens"],
    [{ prompt: "x", max_tokens: -1 }, "max_tokens"],
    [{ prompt: "x", best_of: 2 }, "best_of"],
    [{ prompt: "x", logprobs: true }, "logprobs"],
    [{ prompt: "x", logprobs: 21 }, "logprobs"],
    [{ prompt: [1], suffix: "x" }, "prompt"],
  ])("%j is a 400 that names %s", async (request, param) => {
    const { response, body } = await createApp({ script }).post(request);
    expect(response.status).toBe(400);
    expect(body.error.param).toBe(param);
  });
});

test("more prompts than the limit are a 400", async () => {
  const { response, body } = await createApp({ script }).post({
    prompt: Array.from({ length: maxPrompts + 1 }, () => "x"),
  });
  expect(response.status).toBe(400);
  expect(body.error).toMatchObject({ param: "prompt", message: expect.stringContaining("128") });
});

describe("streamed completions", () => {
  test("a stream has one chunk a piece, a finish chunk and the usage that was asked for", async () => {
    const request = { prompt: "x", stream: true, stream_options: { include_usage: true } };
    const chunks = readChunks((await createApp({ script }).post(request)).text);
    expect(chunks.map((chunk) => chunk.choices)).toEqual([
      [{ text: "a", index: 0, logprobs: null, finish_reason: null }],
      [{ text: "b", index: 0, logprobs: null, finish_reason: null }],
      [{ text: "", index: 0, logprobs: null, finish_reason: "stop" }],
      [],
    ]);
    expect(chunks.map((chunk) => chunk.usage?.total_tokens ?? null)).toEqual([null, null, null, 3]);
  });

  test("the joined stream of several prompts equals the whole answers, echo and logprobs included", async () => {
    const request = { prompt: ["pq", "r"], n: 2, echo: true, logprobs: 1 };
    const whole = (await createApp({ script }).post(request)).body;
    const chunks = readChunks((await createApp({ script }).post({ ...request, stream: true })).text);
    for (const choice of whole.choices) {
      const own = chunks.flatMap((chunk) => chunk.choices).filter((part) => part.index === choice.index);
      expect(own.map((part) => part.text).join("")).toBe(choice.text);
      expect(own.flatMap((part) => part.logprobs?.tokens ?? [])).toEqual(choice.logprobs.tokens);
      expect(own.flatMap((part) => part.logprobs?.text_offset ?? [])).toEqual(choice.logprobs.text_offset);
      expect(own.at(-1).finish_reason).toBe("stop");
    }
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason)).toHaveLength(4);
  });

  test("a failure in the middle is an error frame and the end", async () => {
    const fail = new AppError("host_died", "gone");
    const { text } = await createApp({ script: () => [{ text: "a" }, { fail }] }).post({
      prompt: "x",
      stream: true,
    });
    expect(readChunks(text).at(-1)).toEqual({
      error: { message: "gone", type: "server_error", param: null, code: "host_died" },
    });
  });
});
