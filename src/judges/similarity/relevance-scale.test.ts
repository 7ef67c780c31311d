import { expect, test } from "bun:test";
import type { Embedder } from "./embedder.ts";
import { measureRelevance, relevanceOf, relevanceScale } from "./relevance-scale.ts";
import { createWordEmbedder } from "./word-embedder.ts";

const { signal } = new AbortController();

test("words find prompts more like their own answers than like others'", async () => {
  const scale = await relevanceScale(createWordEmbedder(), signal);
  if (!scale.usable) throw new Error(scale.reason);
  expect(Math.abs(scale.unmatched)).toBeLessThan(0.05);
  expect(scale.matched).toBeWithin(0.2, 0.8);
});

test("the scale is measured once for an embedder", async () => {
  let calls = 0;
  const words = createWordEmbedder();
  const embedder: Embedder = {
    name: "counted",
    embed: (texts, given) => {
      calls++;
      return words.embed(texts, given);
    },
  };
  await relevanceScale(embedder, signal);
  await relevanceScale(embedder, signal);
  expect(calls).toBe(1);
});

test("an embedder that finds all texts alike gives no scale and no score", async () => {
  const flat: Embedder = {
    name: "flat",
    embed: async (texts) => texts.map(() => Float32Array.of(1, 0)),
  };
  const scale = await relevanceScale(flat, signal);
  expect(scale.usable).toBe(false);
  expect(relevanceOf(1, scale)).toEqual({
    scored: false,
    reason: expect.stringContaining("flat finds prompts no more"),
  });
});

test("relevance is clipped where it lies beyond the scale", () => {
  const scale = { usable: true, unmatched: 0.1, matched: 0.5 } as const;
  expect(relevanceOf(0.3, scale)).toEqual({ scored: true, value: expect.closeTo(0.5, 10) });
  expect(relevanceOf(0, scale)).toEqual({ scored: true, value: 0 });
  expect(relevanceOf(0.9, scale)).toEqual({ scored: true, value: 1 });
});

test("an answer to another question is less relevant than the right one", async () => {
  const embedder = createWordEmbedder();
  const prompt = "How do whales breathe?";
  const right = await measureRelevance(
    embedder,
    { prompt, response: "Whales breathe air through a blowhole." },
    signal,
  );
  const wrong = await measureRelevance(embedder, { prompt, response: "Shares fell on Monday." }, signal);
  expect(right).toEqual({ scored: true, value: 1 });
  expect(wrong.scored && wrong.value).toBeLessThan(0.3);
});
