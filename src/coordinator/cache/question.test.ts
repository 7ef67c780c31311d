import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ChatInput, GenerateRequest } from "../../contract/index.ts";
import { createChatRequest } from "../../testing/index.ts";
import { chatOf } from "./cache-fixture.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { hashQuestion, normaliseQuestion, readQuestion } from "./question.ts";

describe("the same question", () => {
  test.each([
    ["spaces around and within a line", "How  do I\tboil eggs? ", "How do I boil eggs?"],
    ["line ends", "one\r\ntwo", "one\ntwo"],
    ["composed letters", "Cafe\u0301?", "Café?"],
  ])("may differ in %s", (_, left, right) => {
    expect(hashQuestion(left)).toBe(hashQuestion(right));
  });

  test.each([
    ["capitals", "Is Polish hard?", "Is polish hard?"],
    ["indents", "if a:\n  b", "if a:\n    b"],
    ["spaces in code", 'print("a  b")', 'print("a b")'],
    ["signs", "2 + 2?", "2 - 2?"],
  ])("may not differ in %s", (_, left, right) => {
    expect(hashQuestion(left)).not.toBe(hashQuestion(right));
  });

  test("normalised is normal", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(normaliseQuestion(normaliseQuestion(text))).toBe(normaliseQuestion(text));
      }),
    );
  });
});

test("the order of fields in a schema or a filter does not matter, that of messages does", () => {
  const facts = { model: "m" };
  const schema = (value: object) =>
    fingerprintOf(
      createChatRequest("q", { constraint: { type: "json-schema", schema: value as never } }),
      facts,
    );
  expect(schema({ a: 1, b: [1, 2] })).toBe(schema({ b: [1, 2], a: 1 }));
  expect(schema({ a: 1, b: [1, 2] })).not.toBe(schema({ a: 1, b: [2, 1] }));
});

const chat = chatOf([{ role: "user", content: "q" }]) as ChatInput;
const parts: readonly (readonly [string, Partial<GenerateRequest>])[] = [
  ["the tenant", { tenant: "another" }],
  ["the sampling", { sampling: { temperature: 0.25 } }],
  ["the constraint", { constraint: { type: "grammar", grammar: 'root ::= "a"' } }],
  ["the longest answer", { maxTokens: 7 }],
  ["where it stops", { stop: ["."] }],
  ["the weight of an adapter", { adapters: [{ name: "tone", scale: 0.5 }] }],
  ["the context size", { contextTokens: 4_096 }],
  ["how it is retrieved", { retrieval: { collections: ["docs"], maxResults: 3 } }],
  ["the privacy label", { privacy: "local" }],
  ["the demanded route", { routing: "remote" }],
  ["the earlier messages", { input: chatOf([{ role: "system", content: "s" }, ...chat.messages]) }],
  ["who asks", { input: chatOf([{ role: "system", content: "q" }]) }],
  ["tools", { input: { ...chat, tools: [{ name: "clock", parameters: {} }] } }],
  ["whether it reasons", { input: { ...chat, reasoning: { ...chat.reasoning, enabled: false } } }],
  ["variables of the template", { input: { ...chat, templateVariables: { tone: "kind" } } }],
  ["a prompt that was rendered elsewhere", { input: { ...chat, renderedPrompt: "<user>q" } }],
];

test.each(parts)("%s is part of the fingerprint", (_, change) => {
  const facts = { model: "m" };
  const before = fingerprintOf(createChatRequest("q", { input: chat }), facts);
  expect(fingerprintOf(createChatRequest("q", { input: chat, ...change }), facts)).not.toBe(before);
});

test.each([
  ["the model's files", { model: "m other-digest" }],
  ["where auto may send it", { model: "m", route: { remote: "big@work" } }],
  ["the state of the collections", { model: "m", context: "revision 2" }],
])("%s is part of the fingerprint", (_, facts) => {
  const request = createChatRequest("q");
  expect(fingerprintOf(request, facts)).not.toBe(fingerprintOf(request, { model: "m" }));
});

test("the question itself and the request's id are no part of the fingerprint", () => {
  const facts = { model: "m" };
  const one = fingerprintOf(createChatRequest("one", { id: "1", priority: "batch", tags: ["a"] }), facts);
  expect(fingerprintOf(createChatRequest("two", { id: "2" }), facts)).toBe(one);
  const spaced = { ...facts, space: "embedder" };
  expect(fingerprintOf(createChatRequest("one"), spaced)).not.toBe(one);
});

test("a long question, a text to be continued and a rendered prompt are compared letter by letter", () => {
  const exactOnly = (request: Parameters<typeof readQuestion>[0]) => {
    const reading = readQuestion(request);
    return reading.cacheable ? reading.question.exactOnly : reading.reason;
  };
  const chat = chatOf([{ role: "user", content: "x" }]);
  expect(exactOnly(createChatRequest("short"))).toBeUndefined();
  expect(exactOnly(createChatRequest("x".repeat(10_001)))).toContain("10000 characters");
  expect(exactOnly(createChatRequest("", { input: { type: "text", text: "Once upon" } }))).toContain(
    "continued",
  );
  const rendered = { ...chat, renderedPrompt: "<user>x" } as typeof chat;
  expect(exactOnly(createChatRequest("", { input: rendered }))).toContain("rendered");
});
