import { expect, test } from "bun:test";
import { applyMerges, createVocabulary } from "./vocabulary.ts";
import { commonWords } from "./words.ts";

const SIZE = 60_000;
const vocabulary = createVocabulary(SIZE, commonWords, ["<|end|>"]);
const ranks = new Map(vocabulary.merges.map((merge, rank) => [merge, rank]));

test("the vocabulary has exactly the size asked for, without a token twice and with the special ones last", () => {
  expect(new Set(vocabulary.tokens).size).toBe(SIZE);
  expect(vocabulary.tokens.indexOf("<|end|>")).toBe(vocabulary.firstSpecial);
});

test("every merge yields a token of the vocabulary", () => {
  const tokens = new Set(vocabulary.tokens);
  expect(vocabulary.merges.every((merge) => tokens.has(merge.replace(" ", "")))).toBe(true);
});

test("each common word is one token where a space stands before it", () => {
  const split = commonWords.filter((word) => applyMerges(["\u0120", ...word], ranks).length !== 1);
  expect(split).toEqual([]);
});

test("an unknown word takes about one token for three letters", () => {
  expect(applyMerges([..."\u0120considerations"], ranks).length).toBeLessThanOrEqual(6);
});
