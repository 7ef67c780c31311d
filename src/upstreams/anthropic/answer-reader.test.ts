import { expect, test } from "bun:test";
import type { JsonObject } from "../../contract/index.ts";
import { createMessageReader } from "./answer-reader.ts";

function read(events: readonly JsonObject[]) {
  const reader = createMessageReader();
  return { reader, events: events.flatMap((event) => [...reader.read({ data: JSON.stringify(event) })]) };
}

const start = {
  type: "message_start",
  message: {
    usage: { input_tokens: 3, cache_read_input_tokens: 20, cache_creation_input_tokens: 2, output_tokens: 1 },
  },
};
const delta = (index: number, fields: JsonObject) => ({ type: "content_block_delta", index, delta: fields });
const begin = (index: number, block: JsonObject) => ({
  type: "content_block_start",
  index,
  content_block: block,
});

test("thinking, text and tools become events; cached tokens count as part of the prompt", () => {
  const { reader, events } = read([
    start,
    { type: "ping" },
    begin(0, { type: "thinking", thinking: "" }),
    delta(0, { type: "thinking_delta", thinking: "Hm" }),
    delta(0, { type: "signature_delta", signature: "c2ln" }),
    { type: "content_block_stop", index: 0 },
    begin(1, { type: "text", text: "" }),
    delta(1, { type: "text_delta", text: "Hello" }),
    { type: "content_block_stop", index: 1 },
    begin(2, { type: "tool_use", id: "t1", name: "weather", input: {} }),
    delta(2, { type: "input_json_delta", partial_json: "" }),
    delta(2, { type: "input_json_delta", partial_json: '{"city":"Oslo"}' }),
    { type: "content_block_stop", index: 2 },
    begin(3, { type: "tool_use", id: "t2", name: "now", input: {} }),
    { type: "content_block_stop", index: 3 },
    { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 9 } },
    { type: "message_stop" },
  ]);
  expect(events).toEqual([
    { type: "reasoning", choice: 0, text: "Hm" },
    { type: "text", choice: 0, text: "Hello" },
    { type: "tool-call", choice: 0, index: 0, id: "t1", name: "weather", argumentsDelta: "" },
    { type: "tool-call", choice: 0, index: 0, argumentsDelta: '{"city":"Oslo"}' },
    { type: "tool-call", choice: 0, index: 1, id: "t2", name: "now", argumentsDelta: "" },
    { type: "tool-call", choice: 0, index: 1, argumentsDelta: "{}" },
    { type: "finish", choice: 0, reason: "tool_calls" },
  ]);
  expect(reader.isOver).toBe(true);
  expect(reader.usage).toEqual({
    promptTokens: 25,
    cachedTokens: 20,
    completionTokens: 9,
    reasoningTokens: 0,
  });
});

test.each([
  ["end_turn", { reason: "stop" }],
  ["max_tokens", { reason: "length" }],
  ["model_context_window_exceeded", { reason: "length" }],
  ["stop_sequence", { reason: "stop", stopSequence: "END" }],
])("%s ends the answer as %j", (word, expected) => {
  const stopSequence = word === "stop_sequence" ? "END" : null;
  const { events } = read([
    start,
    { type: "message_delta", delta: { stop_reason: word, stop_sequence: stopSequence } },
  ]);
  expect(events).toEqual([{ type: "finish", choice: 0, ...expected } as never]);
});

test("a refusal is the upstream's own, an error its failure, and a message that just ends is not whole", () => {
  const ended = (word: string) => () => read([{ type: "message_delta", delta: { stop_reason: word } }]);
  expect(ended("refusal")).toThrow(expect.objectContaining({ code: "upstream_refused" }));
  const failed = () => read([{ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }]);
  expect(failed).toThrow(expect.objectContaining({ code: "upstream_failed", message: "failed: Overloaded" }));
  expect(() => read([start]).reader.end()).toThrow("ended its answer in the middle");
});

test("events and blocks that are new are passed over", () => {
  const { events } = read([
    { type: "something_new", index: "odd" },
    begin(0, { type: "server_tool_use", id: "s1", name: "web_search" }),
    delta(0, { type: "input_json_delta", partial_json: "{}" }),
    delta(0, { type: "citations_delta", citation: {} }),
  ]);
  expect(events).toEqual([]);
});
