import { describe, expect, test } from "bun:test";
import type { GenerateRequest } from "../../contract/index.ts";
import type { FakeEngineOptions } from "../../testing/index.ts";
import { createOllamaApp, readObject } from "./app-fixture.ts";

const sampling = (changes: object) => ({ sampling: expect.objectContaining(changes) });
const chat = (changes: object) => ({ input: expect.objectContaining(changes) });
const schema = { type: "object", properties: { a: { type: "string" } } };

async function post(body: object, options: FakeEngineOptions = {}) {
  const { engine, post: send } = createOllamaApp(options);
  const answer = await send("/api/chat", {
    model: "fake-model",
    messages: [{ role: "user", content: "hello" }],
    stream: false,
    ...body,
  });
  return { answer, request: engine.requests[0] };
}

/** [what is sent, what the engine is asked for because of it] */
const honoured: [Record<string, unknown>, Partial<Record<keyof GenerateRequest, unknown>>][] = [
  [{ options: { temperature: 0.5 } }, sampling({ temperature: 0.5 })],
  [{ options: { top_k: 20 } }, sampling({ topK: 20 })],
  [{ options: { top_p: 0.9 } }, sampling({ topP: 0.9 })],
  [{ options: { min_p: 0.1 } }, sampling({ minP: 0.1 })],
  [{ options: { typical_p: 0.7 } }, sampling({ typicalP: 0.7 })],
  [{ options: { repeat_last_n: 33 } }, sampling({ repeatLastTokens: 33 })],
  [{ options: { repeat_penalty: 1.2 } }, sampling({ repeatPenalty: 1.2 })],
  [{ options: { presence_penalty: 1.5 } }, sampling({ presencePenalty: 1.5 })],
  [{ options: { frequency_penalty: 1 } }, sampling({ frequencyPenalty: 1 })],
  [{ options: { mirostat: 1 } }, sampling({ mirostat: 1 })],
  [{ options: { mirostat_tau: 0.8 } }, sampling({ mirostatTau: 0.8 })],
  [{ options: { mirostat_eta: 0.6 } }, sampling({ mirostatEta: 0.6 })],
  [{ options: { seed: 42 } }, sampling({ seed: 42 })],
  [{ options: { num_predict: 3 } }, { maxTokens: 3 }],
  [{ options: { num_ctx: 1024 } }, { contextTokens: 1024 }],
  [{ options: { stop: ["\n", "user:"] } }, { stop: ["\n", "user:"] }],
  [{ keep_alive: "1h30m" }, { keepAliveMs: 5_400_000 }],
  [{ keep_alive: 30 }, { keepAliveMs: 30_000 }],
  [{ keep_alive: "-1" }, { keepAliveMs: Number.POSITIVE_INFINITY }],
  [{ format: "json" }, { constraint: { type: "json-schema", schema: { type: "object" } } }],
  [{ format: schema }, { constraint: { type: "json-schema", schema } }],
  [{ think: true }, chat({ reasoning: { format: "split", enabled: true } })],
  [{ think: false }, chat({ reasoning: { format: "split", enabled: false } })],
  [{ think: "high" }, chat({ reasoning: { format: "split", enabled: true, effort: "high" } })],
  [{ logprobs: true, top_logprobs: 2 }, { topLogprobs: 2 }],
  [{ truncate: false, shift: false }, {}],
  [{ format: "", options: {}, tools: [] }, chat({ tools: [] })],
  [
    { tools: [{ type: "function", function: { name: "add", description: "sums", parameters: schema } }] },
    chat({ tools: [{ name: "add", description: "sums", parameters: schema }], toolChoice: "auto" }),
  ],
];

/** [what is sent, what the error says of it] */
const refused: [Record<string, unknown>, string][] = [
  [{ options: { temperature: "hot" } }, "options.temperature"],
  [{ options: { temperature: -1 } }, "options.temperature"],
  [{ options: { num_ctx: 0 } }, "options.num_ctx"],
  [{ options: { stop: [5] } }, "options.stop"],
  [{ options: { mirostat: 3 } }, "options.mirostat"],
  [{ options: { tfs_z: 0.5 } }, "options.tfs_z"],
  [{ options: "fast" }, "options"],
  [{ keep_alive: "soon" }, "keep_alive"],
  [{ keep_alive: true }, "keep_alive"],
  [{ format: "xml" }, "format"],
  [{ format: { type: "integer", minimum: 5, maximum: 2 } }, "format"],
  [{ think: "very" }, "think"],
  [{ logprobs: true, top_logprobs: 21 }, "top_logprobs"],
  [{ stream: "yes" }, "stream"],
  [{ model: "m".repeat(256) }, "model"],
  [{ messages: "hello" }, "messages"],
  [{ messages: [{ role: "wizard", content: "x" }] }, "messages[0].role"],
  [{ messages: [{ role: "user", content: 5 }] }, "messages[0].content"],
  [{ tools: [{ type: "function", function: {} }] }, "tools[0].function.name"],
  [{ tools: [{ type: "browser", function: { name: "b" } }] }, "tools[0].type"],
];

/** [what is sent, what the warning header names] */
const ignored: [Record<string, unknown>, string][] = [
  [{ options: { num_keep: 5 } }, "options.num_keep"],
  [{ options: { num_batch: 2 } }, "options.num_batch"],
  [{ options: { num_gpu: 1 } }, "options.num_gpu"],
  [{ options: { num_thread: 8 } }, "options.num_thread"],
  [{ options: { main_gpu: 0 } }, "options.main_gpu"],
  [{ options: { use_mmap: true } }, "options.use_mmap"],
  [{ options: { use_mlock: false } }, "options.use_mlock"],
  [{ options: { numa: false } }, "options.numa"],
  [{ options: { low_vram: false } }, "options.low_vram"],
  [{ options: { vocab_only: false } }, "options.vocab_only"],
  [{ options: { penalize_newline: true } }, "options.penalize_newline"],
  [{ options: { warmth: 9 } }, "options.warmth"],
  [{ truncate: true }, "truncate"],
  [{ shift: true }, "shift"],
  [{ top_logprobs: 3 }, "top_logprobs"],
  [{ something_new: 1 }, "something_new"],
  [
    { format: { type: "object", properties: { a: { type: "number", minimum: 1 } }, required: ["a"] } },
    "format.properties.a",
  ],
];

describe("a parameter is honoured", () => {
  test.each(honoured)("%j reaches the engine", async (body, expected) => {
    const { answer, request } = await post(body);
    expect(answer.status).toBe(200);
    expect(request as unknown).toMatchObject(expected);
    expect(answer.headers.get("x-hearth-ignored")).toBeNull();
  });

  test("null counts as absent", async () => {
    const nothing = { options: null, keep_alive: null, format: null, think: null, tools: null };
    const { answer, request } = await post(nothing);
    expect(answer.status).toBe(200);
    expect(request?.sampling).toEqual({});
  });

  test("thinking that a model cannot do is refused, and may be switched off", async () => {
    const options = { capabilities: { reasoning: false } };
    const { answer } = await post({ think: true }, options);
    expect(answer.status).toBe(400);
    expect(readObject(answer).error).toContain("does not support thinking");
    expect((await post({ think: false }, options)).answer.status).toBe(200);
  });
});

describe("a parameter is refused", () => {
  test.each(refused)("%j is a 400 that names it", async (body, name) => {
    const { answer } = await post(body);
    expect(answer.status).toBe(400);
    expect(Object.keys(readObject(answer))).toEqual(["error"]);
    expect(readObject(answer).error).toStartWith(name);
  });
});

describe("a parameter is ignored, which the header says", () => {
  test.each(ignored)("%j is named", async (body, name) => {
    const { answer } = await post(body);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-hearth-ignored")).toBe(name);
  });
});
