import { expect, test } from "bun:test";
import fc from "fast-check";
import { splitIdentifier, splitIdentifiers, toPairs } from "./identifiers.ts";
import { maxTerms, toQueryTerms } from "./query-terms.ts";

const phrasesOf = (text: string) => toQueryTerms(text).map(({ phrase }) => phrase);

test("function words are left out, unless there is nothing else", () => {
  expect(phrasesOf("How does the breaker open?")).toEqual(['"breaker"', '"open"']);
  expect(phrasesOf("I don't know what it's about")).toEqual(['"know"']);
  expect(phrasesOf("what is it")).toEqual(['"what"', '"is"', '"it"']);
});

test("compound spellings are looked for as such and by their words, which alone count", () => {
  expect(toQueryTerms("foo.bar")).toEqual([
    { phrase: '"foo"', isWord: true },
    { phrase: '"bar"', isWord: true },
    { phrase: '"foo bar"', isWord: false },
  ]);
  expect(phrasesOf("createBreaker")).toEqual(['"createbreaker"', '"create"', '"breaker"']);
});

test("each term is there once and there are never too many", () => {
  expect(phrasesOf("wire Wire WIRE")).toEqual(['"wire"']);
  expect(toQueryTerms(Array.from({ length: 500 }, (_, index) => `w${index}`).join(" "))).toHaveLength(
    maxTerms,
  );
});

test("identifiers fall into their words", () => {
  expect(splitIdentifier("createBreaker")).toEqual(["create", "Breaker"]);
  expect(splitIdentifier("HTTPServer2Go")).toEqual(["HTTP", "Server2", "Go"]);
  expect(splitIdentifier("plain")).toEqual(["plain"]);
  expect(splitIdentifiers("new XMLReader(fooBar, fooBar, plain)")).toBe("XML Reader foo Bar");
  expect(toPairs("日本語")).toEqual(["日本", "本語"]);
  expect(splitIdentifiers("東京都に")).toBe("東京 京都 都に");
});

test("terms are words in quotes and nothing else, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const { phrase } of toQueryTerms(text)) expect(phrase).toMatch(/^"[\p{L}\p{N}\p{M} ]+"$/u);
    }),
  );
});

test("a run of 30,000 letters costs no more than reading it", () => {
  const startedMs = performance.now();
  splitIdentifiers("a".repeat(32_000));
  toQueryTerms("aB".repeat(4_000));
  toQueryTerms("_a".repeat(4_000));
  expect(performance.now() - startedMs).toBeLessThan(500);
});
