import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { GenerateEvent } from "../../contract/index.ts";
import { Answer } from "./answer.ts";
import type { AnswerParser } from "./backend.ts";

type AnswerParts = { readonly parser?: AnswerParser; readonly lateLogprobs?: boolean };

function answer(
  stops: readonly string[],
  pieces: readonly (string | Uint8Array)[],
  { parser, lateLogprobs = false }: AnswerParts = {},
) {
  const events: GenerateEvent[] = [];
  let taken = 0;
  const takeLogprobs = (count: number) =>
    Array.from({ length: count }, () => ({ token: taken++, bytes: new Uint8Array(), logprob: -1, top: [] }));
  const emit = (event: GenerateEvent) => events.push(event);
  const made = new Answer({ choice: 0, stops, parser, emit, takeLogprobs, lateLogprobs });
  for (const piece of pieces) {
    const bytes = typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
    made.add(bytes);
    if (made.stopSequence !== undefined) break;
  }
  made.finish("stop");
  const text = events.map((event) => (event.type === "text" ? event.text : "")).join("");
  return { events, text, made };
}

describe("an answer", () => {
  test("ends before a stop string that spans tokens, and names it", () => {
    const { text, events } = answer(["</end>"], ["Hello", " <", "/en", "d> more"]);
    expect(text).toBe("Hello ");
    expect(events.at(-1)).toEqual({ type: "finish", choice: 0, reason: "stop", stopSequence: "</end>" });
  });

  test("releases what looked like a stop string and was none", () => {
    expect(answer(["</end>"], ["a <", "/en", "ough"]).text).toBe("a </enough");
    expect(answer(["</end>"], ["a </e"]).text).toBe("a </e");
  });

  test("never splits a character that comes in several tokens", () => {
    const bytes = new TextEncoder().encode("é🔥");
    const { events } = answer(
      [],
      [...bytes].map((byte) => Uint8Array.of(byte)),
    );
    expect(events.filter((event) => event.type === "text").map((event) => event.text)).toEqual(["é", "🔥"]);
  });

  test("holds the logprobs of held text back with it", () => {
    const { events } = answer(["xyz"], ["a", "x", "b"]);
    expect(events.map((event) => event.type)).toEqual(["logprobs", "text", "logprobs", "text", "finish"]);
  });

  test("tells late logprobs many at once, each of them once and before the end", () => {
    const pieces = Array.from({ length: 150 }, () => "a");
    const { events } = answer([], pieces, { lateLogprobs: true });
    const told = events.flatMap((event) => (event.type === "logprobs" ? [event.tokens] : []));
    expect(told.map((tokens) => tokens.length)).toEqual([64, 64, 22]);
    expect(told.flat().map(({ token }) => token)).toEqual(pieces.map((_, index) => index));
    expect(events.at(-2)?.type).toBe("logprobs");
  });

  test("says tool_calls when a call was made, and counts reasoning tokens", () => {
    let calls = 0;
    const parser: AnswerParser = {
      parse: () =>
        calls++ === 0
          ? [{ type: "reasoning", text: "hm" }]
          : [{ type: "tool-call", index: 0, id: "c", name: "f", argumentsDelta: "{}" }],
      free: () => {},
    };
    const { events, made } = answer([], ["hm", "call"], { parser });
    expect(events.at(-1)).toMatchObject({ type: "finish", reason: "tool_calls" });
    expect(made.reasoningTokens).toBe(1);
  });

  test("for any text, stops and cuts, gives all of the text that comes before a stop string and none of what follows", () => {
    const alphabet = fc
      .array(fc.constantFrom("a", "b", "c", "é", "🔥"), { maxLength: 30 })
      .map((parts) => parts.join(""));
    const stops = fc.array(
      fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(
        alphabet,
        stops,
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 40 }),
        (text, stops, sizes) => {
          const bytes = new TextEncoder().encode(text);
          const pieces: Uint8Array[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i] ?? 1;
            pieces.push(bytes.subarray(at, at + size));
            at += size;
          }
          const { text: released, made } = answer(stops, pieces);
          const stop = made.stopSequence;
          expect(stop !== undefined).toBe(stops.some((candidate) => text.includes(candidate)));
          expect(stops.some((candidate) => released.includes(candidate))).toBe(false);
          expect(stop === undefined ? released === text : text.startsWith(released + stop)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
