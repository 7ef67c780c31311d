import { describe, expect, test } from "bun:test";
import fc from "fast-check";
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
