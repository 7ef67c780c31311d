import { expect, test } from "bun:test";
import fc from "fast-check";
import { createFrameParser, type Frame } from "./sse.ts";

const limit = { maxCharacters: 1_000 };

function parse(text: string, cuts: readonly number[] = []): Frame[] {
  const bytes = new TextEncoder().encode(text);
  const parser = createFrameParser(limit);
  const frames: Frame[] = [];
  let from = 0;
  for (const cut of [...cuts.map((at) => at % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)) {
    frames.push(...parser.push(bytes.subarray(from, cut)));
    from = cut;
  }
  return frames;
}

test("an event is the data of its lines, with its name", () => {
  expect(parse('event: error\ndata: {"a":\ndata: 1}\n\n')).toEqual([{ event: "error", data: '{"a":\n1}' }]);
});

test("comments, unknown fields, empty events and a missing space change nothing", () => {
  expect(parse(": keep-alive\n\nid: 7\nretry: 3\n\ndata:a\ndata\n\ndata:  b\n\n")).toEqual([
    { data: "a\n" },
    { data: " b" },
  ]);
});

test("lines may end with CRLF, CR or LF, and a byte order mark is no part of them", () => {
  expect(parse("\ufeffdata: a\r\n\r\ndata: b\r\rdata: c\n\n")).toEqual([
    { data: "a" },
    { data: "b" },
    { data: "c" },
  ]);
});

test("an event that never ends is none", () => {
  expect(parse("data: whole\n\ndata: not whole\n")).toEqual([{ data: "whole" }]);
});

test("however the bytes are cut, the events are the same", () => {
  const line = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }).map((text) => `data: ${text.replace(/[\r\n]/g, "")}`),
    fc.constantFrom("", "", ": comment", "event: ping", "data"),
  );
  const document = fc
    .array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")), { maxLength: 20 })
    .map((lines) => lines.map(([text, end]) => text + end).join(""));
  fc.assert(
    fc.property(document, fc.array(fc.nat(500), { maxLength: 12 }), (text, cuts) => {
      expect(parse(text, cuts)).toEqual(parse(text));
    }),
    { numRuns: 500 },
  );
});

test("every text that is written as data comes back", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 50 }),
      fc.array(fc.nat(300), { maxLength: 8 }),
      (text, cuts) => {
        const data = JSON.stringify(text);
        expect(parse(`data: ${data}\n\n`, cuts)).toEqual([{ data }]);
      },
    ),
  );
});

test("a line and an event longer than the limit are refused before they are whole", () => {
  expect(() => parse(`data: ${"x".repeat(1_001)}`)).toThrow("more than 1000 characters");
  expect(() => parse(`data: ${"x".repeat(500)}\n`.repeat(3))).toThrow("more than 1000 characters");
  expect(parse(`data: ${"x".repeat(990)}\n\n`)).toHaveLength(1);
});
