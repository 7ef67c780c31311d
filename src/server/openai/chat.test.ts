import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import {
  createFakeEngine,
  createServerRecords,
  type FakeEngineOptions,
  type FakeStep,
} from "../../testing/index.ts";
import { createServerApp } from "../app.ts";

const hello = [{ role: "user", content: "hello" }];

function createApp(options: FakeEngineOptions = {}) {
  const records = createServerRecords({ engine: createFakeEngine(options) });
  const app = createServerApp(records.deps);
  const post = (body: object, headers: Record<string, string> = {}) =>
    app.request("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  return { ...records, post };
}

/** The data of every frame, ids and times taken out; text that is not JSON is kept as it is. */
async function readFrames(response: Response) {
  const frames = (await response.text()).split("\n\n").filter((frame) => frame !== "");
  return frames.map((frame) => {
    const data = frame.replace(/^data: /, "");
    return data.startsWith("{") ? withoutIdentity(JSON.parse(data)) : data;
  });
}

async function readJson(response: Response) {
  return JSON.parse(await response.text());
}

function withoutIdentity(body: Record<string, unknown>) {
  const { id, created, system_fingerprint, ...rest } = body;
  return rest;
}

const scripted = (...steps: FakeStep[]) => ({ script: () => steps });
const usage = (prompt: number, completion: number, reasoning = 0) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
  prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: reasoning,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
});

describe("whole answers", () => {
  test("an answer has exactly OpenAI's shape", async () => {
    const { post } = createApp(scripted({ text: "Hi" }, { text: " there" }));
    const response = await post({ model: "fake-model", messages: hello });
    const body = await readJson(response);
    expect(response.status).toBe(200);
    expect(body.id).toStartWith("chatcmpl-");
    expect(body.created).toBeGreaterThan(1_700_000_000);
    expect(body.system_fingerprint).toStartWith("fp_");
    expect(withoutIdentity(body)).toEqual({
      object: "chat.completion",
      model: "fake-model",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hi there", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: usage(23, 2),
    });
  });

  test("reasoning is told in both spellings and counted", async () => {
    const { post } = createApp(scripted({ reasoning: "hm" }, { text: "yes" }));
    const body = await readJson(await post({ messages: hello }));
    expect(body.choices[0].message).toEqual({
      role: "assistant",
      content: "yes",
      refusal: null,
      reasoning_content: "hm",
      reasoning: "hm",
    });
    expect(body.usage.completion_tokens_details.reasoning_tokens).toBe(1);
  });

  test("parallel tool calls come whole, with content null", async () => {
    const { post } = createApp(
      scripted(
        { toolCall: { index: 0, id: "call_a", name: "add", argumentsDelta: '{"x"' } },
        { toolCall: { index: 0, argumentsDelta: ":1}" } },
        { toolCall: { index: 1, id: "call_b", name: "add", argumentsDelta: "{}" } },
      ),
    );
    const tools = [{ type: "function", function: { name: "add", parameters: { type: "object" } } }];
    const body = await readJson(await post({ messages: hello, tools }));
    expect(body.choices[0].finish_reason).toBe("tool_calls");
    expect(body.choices[0].message).toEqual({
      role: "assistant",
      content: null,
      refusal: null,
      tool_calls: [
        { id: "call_a", type: "function", function: { name: "add", arguments: '{"x":1}' } },
        { id: "call_b", type: "function", function: { name: "add", arguments: "{}" } },
      ],
    });
  });

  test("a request with the deprecated functions is answered with function_call", async () => {
    const { post, engine } = createApp(
      scripted({ toolCall: { index: 0, id: "c", name: "add", argumentsDelta: "{}" } }),
    );
    const body = await readJson(
      await post({ messages: hello, functions: [{ name: "add" }], function_call: { name: "add" } }),
    );
    expect(body.choices[0].finish_reason).toBe("function_call");
    expect(body.choices[0].message.function_call).toEqual({ name: "add", arguments: "{}" });
    expect(engine.requests[0]?.input).toMatchObject({ tools: [{ name: "add" }], toolChoice: "required" });
  });

  test("n answers have their own index, text and finish", async () => {
    const { post } = createApp({ script: (_request, choice) => [{ text: `choice ${choice}` }] });
    const body = await readJson(await post({ messages: hello, n: 3 }));
    const seen = body.choices.map((choice: { index: number; message: { content: string } }) => [
      choice.index,
      choice.message.content,
    ]);
    expect(seen).toEqual([
      [0, "choice 0"],
      [1, "choice 1"],
      [2, "choice 2"],
    ]);
  });

  test("logprobs carry token, bytes and alternatives, escaped where bytes are no character", async () => {
    const { post } = createApp(scripted({ text: "é" }));
    const body = await readJson(await post({ messages: hello, logprobs: true, top_logprobs: 2 }));
    expect(body.choices[0].logprobs.content).toEqual([
      {
        token: "é",
        logprob: -0.5,
        bytes: [195, 169],
        top_logprobs: [
          { token: "é", logprob: -0.5, bytes: [195, 169] },
          { token: "other1", logprob: -1.5, bytes: [111, 116, 104, 101, 114, 49] },
        ],
      },
    ]);
  });

  test("timings are added in llama.cpp's shape when asked for", async () => {
    const { post } = createApp(scripted({ text: "a" }, { text: "b" }));
    const body = await readJson(await post({ messages: hello, timings_per_token: true }));
    expect(body.timings).toMatchObject({
      cache_n: 0,
      prompt_n: 23,
      prompt_ms: 2,
      predicted_n: 2,
      predicted_per_second: 500,
    });
  });

  test("a prompt longer than the context is refused with both numbers", async () => {
    const { post } = createApp({ contextTokens: 10 });
    const response = await post({ messages: hello });
    expect(response.status).toBe(400);
    const { error } = await readJson(response);
    expect(error).toMatchObject({
      type: "invalid_request_error",
      code: "context_length_exceeded",
      n_prompt_tokens: 24,
      n_ctx: 10,
    });
    expect(error.message).toMatch(/24.*10/);
  });
});

describe("streamed answers", () => {
  test("a stream has a role chunk, deltas, a finish chunk and the end mark", async () => {
    const { post } = createApp(scripted({ text: "Hi" }, { text: "!" }));
    const response = await post({ messages: hello, stream: true });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const chunk = (delta: object, finish: string | null = null) => ({
      object: "chat.completion.chunk",
      model: "fake-model",
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    });
    expect(await readFrames(response)).toEqual([
      chunk({ role: "assistant", content: "", refusal: null }),
      chunk({ content: "Hi" }),
      chunk({ content: "!" }),
      chunk({}, "stop"),
      "[DONE]",
    ]);
  });

  test("include_usage adds one last chunk without choices, and null on the earlier ones", async () => {
    const { post } = createApp(scripted({ text: "Hi" }));
    const frames = await readFrames(
      await post({ messages: hello, stream: true, stream_options: { include_usage: true } }),
    );
    const usages = frames.slice(0, -1).map((frame) => (typeof frame === "string" ? frame : frame.usage));
    expect(usages).toEqual([null, null, null, usage(23, 1)]);
    expect(frames.at(-2)).toMatchObject({ choices: [] });
  });

  test("tool call deltas name the call once and always carry its index", async () => {
    const { post } = createApp(
      scripted(
        { toolCall: { index: 0, id: "call_a", name: "add", argumentsDelta: "" } },
        { toolCall: { index: 0, argumentsDelta: '{"x":' } },
        { toolCall: { index: 0, argumentsDelta: "1}" } },
      ),
    );
    const frames = await readFrames(
      await post({ messages: hello, stream: true, tools: [{ type: "function", function: { name: "add" } }] }),
    );
    const deltas = frames
      .slice(1, 4)
      .map((frame) => (frame as never as { choices: [{ delta: object }] }).choices[0].delta);
    expect(deltas).toEqual([
      {
        tool_calls: [{ index: 0, id: "call_a", type: "function", function: { name: "add", arguments: "" } }],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"x":' } }] },
      { tool_calls: [{ index: 0, function: { arguments: "1}" } }] },
    ]);
    expect(frames[4]).toMatchObject({ choices: [{ finish_reason: "tool_calls" }] });
  });

  test("logprobs come with the chunk of their token", async () => {
    const { post } = createApp(scripted({ text: "a" }, { text: "b" }));
    const frames = await readFrames(await post({ messages: hello, stream: true, logprobs: true }));
    const tokens = frames
      .slice(1, 3)
      .map(
        (frame) =>
          (frame as never as { choices: [{ logprobs: { content: [{ token: string }] } }] }).choices[0]
            .logprobs.content[0].token,
      );
    expect(tokens).toEqual(["a", "b"]);
  });

  test("the joined deltas equal the whole answer", async () => {
    const script = () => ["One ", "two\n", '"three" ', "4 €"].map((text) => ({ text }));
    const { post } = createApp({ script });
    const whole = await readJson(await post({ messages: hello }));
    const frames = await readFrames(await post({ messages: hello, stream: true }));
    const joined = frames
      .map(
        (frame) =>
          (frame as never as { choices?: [{ delta: { content?: string } }] }).choices?.[0]?.delta.content ??
          "",
      )
      .join("");
    expect(joined).toBe(whole.choices[0].message.content);
  });

  test("a failure before the first event keeps its status although a stream was asked for", async () => {
    const { post } = createApp({ queueLimit: 0 });
    const response = await post({ messages: hello, stream: true });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(response.headers.get("content-type")).toStartWith("application/json");
  });

  test("a failure in the middle is an error frame and the end of the stream", async () => {
    const fail = new AppError("host_died", "The engine host died.");
    const { post, logs, requests } = createApp(scripted({ text: "a" }, { fail }));
    const response = await post({ messages: hello, stream: true });
    const frames = await readFrames(response);
    expect(response.status).toBe(200);
    expect(frames.slice(-2)).toEqual([
      { error: { message: "The engine host died.", type: "server_error", param: null, code: "host_died" } },
      "[DONE]",
    ]);
    expect(logs.map((line) => line.event)).toContain("stream_failed");
    expect(requests[0]).toMatchObject({ status: 200, errorCode: "host_died" });
  });

  test("the request line of a stream is written at its end, with its tokens", async () => {
    const { post, logs, generations } = createApp(scripted({ text: "a" }, { text: "b" }));
    await (await post({ messages: hello, stream: true })).text();
    const line = logs.find((entry) => entry.event === "request");
    expect(line?.fields).toMatchObject({
      route: "/v1/chat/completions",
      status: 200,
      model: "fake-model",
      completionTokens: 2,
    });
    expect(generations[0]).toMatchObject({
      outcome: "finished",
      model: "fake-model",
      usage: { completionTokens: 2 },
    });
    expect(generations[0]?.interTokenMs).toHaveLength(1);
  });
});
