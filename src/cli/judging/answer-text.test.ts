import { expect, test } from "bun:test";
import { markAnswer, paintAnswer } from "./answer-text.ts";
import { formatPercent } from "./confidence.ts";
import { toSpans } from "./token-spans.ts";

const token = (bytes: Uint8Array | string, probability: number) => ({
  ...{ token: 1, bytes: typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes },
  ...{ logprob: Math.log(probability), top: [] },
});
const span = (text: string, probability: number) => ({ text, probability, alternatives: [] });

test("tokens that share a character are shown as one, as likely as the least likely of them", () => {
  const party = new TextEncoder().encode("🎉");
  const spans = toSpans([
    token("a", 0.9),
    token(party.slice(0, 1), 0.8),
    token(party.slice(1, 3), 0.2),
    token(party.slice(3), 0.9),
    token("é", 0.7),
  ]);
  expect(spans.map(({ text }) => text)).toEqual(["a", "🎉", "é"]);
  expect(spans[1]?.probability).toBeCloseTo(0.2, 12);
});

test("an answer that ends inside a character shows that something is missing", () => {
  const spans = toSpans([token("a", 0.9), token(Uint8Array.of(0xe4, 0xbd), 0.5)]);
  expect(spans.map(({ text }) => text)).toEqual(["a", "\ufffd"]);
});

test("bytes that are no UTF-8 do not hold back what follows", () => {
  const spans = toSpans([token(Uint8Array.of(0xff), 0.9), token(Uint8Array.of(0x80), 0.9), token("b", 0.9)]);
  expect(spans.map(({ text }) => text)).toEqual(["\ufffd", "\ufffd", "b"]);
});

test("a colour ends with its line, and a sure token has none", () => {
  expect(paintAnswer([span("sure", 0.95), span(" no\nway", 0.01)])).toStartWith(
    "sure\x1b[38;5;16;48;5;209;4m no\x1b[0m\n\x1b[38;5;16;48;5;209;4mway\x1b[0m\n",
  );
});

test("without colours the unlikely tokens stand in brackets with their chance", () => {
  expect(markAnswer([span("In", 0.99), span(" Spain", 0.031), span(".", 0.4)])).toBe("In [Spain|3%].\n");
});

test("chances are rounded to what can be told apart", () => {
  expect([1, 0.123, 0.006, 0.0001, 0].map(formatPercent)).toEqual([
    "100 %",
    "12 %",
    "0.6 %",
    "<0.1 %",
    "0 %",
  ]);
});
