import { expect, test } from "bun:test";
import type { GenerateEvent, JsonValue } from "../../contract/index.ts";
import { ask } from "../upstreams.fixture.ts";
import { createOpenaiReader } from "./answer-reader.ts";

function read(chunks: readonly JsonValue[], choices = 1) {
  const reader = createOpenaiReader(ask("hi", { choices }));
  const events: GenerateEvent[] = chunks.flatMap((chunk) => [
    ...reader.read({ data: JSON.stringify(chunk) }),
  ]);
  return { reader, events };
}

const piece = (delta: JsonValue, more: { readonly [key: string]: JsonValue } = {}) => ({
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});

test("a streamed answer becomes events, and its counts those of its last chunk", () => {
  const { reader, events } = read([
    piece({ role: "assistant", content: "" }),
    piece({ reasoning: "Let me see" }),
    piece({ content: "Hel" }),
    piece({ content: "lo" }),
    piece({}, { finish_reason: "length" }),
    {
      choices: [],
      usage: {
        ...{ prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
        ...{
          prompt_tokens_details: { cached_tokens: 8 },
          completion_tokens_details: { reasoning_tokens: 2 },
        },
      },
    },
  ]);
  expect(events).toEqual([
    { type: "reasoning", choice: 0, text: "Let me see" },
    { type: "text", choice: 0, text: "Hel" },
    { type: "text", choice: 0, text: "lo" },
    { type: "finish", choice: 0, reason: "length" },
  ]);
  expect(reader.usage).toEqual({ promptTokens: 9, cachedTokens: 8, completionTokens: 4, reasoningTokens: 2 });
  expect(reader.isOver).toBe(false);
  reader.read({ data: "[DONE]" });
  expect(reader.isOver).toBe(true);
  expect(() => reader.end()).not.toThrow();
});

test("the first piece of a call names it, the others hold its arguments, also of calls side by side", () => {
  const call = (index: number, text: string, head: { readonly [key: string]: JsonValue } = {}) =>
    piece({
      tool_calls: [
        {
          index,
          ...head,
          function: {
            ...(index === 0 && head.id ? { name: "a" } : head.id ? { name: "b" } : {}),
            arguments: text,
          },
        },
      ],
    });
  const { events } = read([
    call(0, "", { id: "c1" }),
    call(0, '{"x"'),
    call(1, "{}", { id: "c2" }),
    call(0, ":1}", { id: "c1" }),
    piece({}, { finish_reason: "tool_calls" }),
  ]);
  expect(events).toEqual([
    { type: "tool-call", choice: 0, index: 0, id: "c1", name: "a", argumentsDelta: "" },
    { type: "tool-call", choice: 0, index: 0, argumentsDelta: '{"x"' },
    { type: "tool-call", choice: 0, index: 1, id: "c2", name: "b", argumentsDelta: "{}" },
    { type: "tool-call", choice: 0, index: 0, argumentsDelta: ":1}" },
    { type: "finish", choice: 0, reason: "tool_calls" },
  ]);
});

test("calls without index or id are told apart, and an answer that ends with one ends with calls", () => {
  const { events } = read([
    piece({ tool_calls: [{ id: "c1", function: { name: "a", arguments: "{}" } }] }),
    piece({ tool_calls: [{ id: "c2", function: { name: "b", arguments: "{}" } }] }),
    piece({}, { finish_reason: "stop" }),
  ]);
  expect(events.map((event) => (event.type === "tool-call" ? [event.index, event.id] : event.type))).toEqual([
    [0, "c1"],
    [1, "c2"],
    "finish",
  ]);
  expect(events.at(-1)).toMatchObject({ reason: "tool_calls" });
  const nameless = read([piece({ tool_calls: [{ index: 0, function: { name: "a", arguments: "{}" } }] })]);
  expect(nameless.events[0]).toMatchObject({ id: "call_req-1_0" });
});

test("several answers keep apart, and all of them have to end", () => {
  const { reader, events } = read(
    [
      { choices: [{ index: 1, delta: { content: "b" } }] },
      { choices: [{ index: 0, delta: { content: "a" }, finish_reason: "stop" }] },
    ],
    2,
  );
  expect(events).toMatchObject([
    { choice: 1, text: "b" },
    { choice: 0, text: "a" },
    { type: "finish", choice: 0 },
  ]);
  expect(() => reader.end()).toThrow("ended its answer in the middle");
});

test("tokens keep their bytes and probabilities, and equal tokens their number", () => {
  const token = (text: string, logprob: number, bytes: readonly number[] | null = null) => ({
    token: text,
    logprob,
    bytes,
  });
  const { events } = read([
    piece(
      { content: "é" },
      {
        logprobs: {
          content: [
            { ...token("\\xc3", -0.5, [195]), top_logprobs: [token("\\xc3", -0.5, [195]), token("a", -1)] },
          ],
        },
      },
    ),
  ]);
  expect(events[1]).toEqual({
    ...{ type: "logprobs", choice: 0 },
    tokens: [
      {
        ...{ token: 0, bytes: new Uint8Array([195]), logprob: -0.5 },
        top: [
          { token: 0, bytes: new Uint8Array([195]), logprob: -0.5 },
          { token: 1, bytes: new Uint8Array([97]), logprob: -1 },
        ],
      },
    ],
  });
});

test.each([
  ["no JSON", "{not json"],
  ["JSON of another shape", '{"choices":"none"}'],
  ["a choice that nobody asked for", '{"choices":[{"index":1,"delta":{"content":"x"}}]}'],
  [
    "a call without a name",
    '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"x"}}]}}]}',
  ],
  ["an error", '{"error":{"message":"the server is on fire","code":"server_error"}}'],
])("%s ends the answer", (_what, data) => {
  const reader = createOpenaiReader(ask());
  expect(() => reader.read({ data })).toThrow(expect.objectContaining({ code: "upstream_failed" }));
});

test("an answer that a content filter stopped is the upstream's refusal", () => {
  const filtered = () => read([piece({}, { finish_reason: "content_filter" })]);
  expect(filtered).toThrow(expect.objectContaining({ code: "upstream_refused" }));
});
