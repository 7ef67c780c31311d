import { expect, test } from "bun:test";
import { mean } from "../statistics/descriptive.ts";
import { cosine } from "./cosine.ts";
import type { Embedder } from "./embedder.ts";
import { relevancePairs } from "./relevance-pairs.ts";
import { relevanceScale } from "./relevance-scale.ts";
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

test("an embedder that finds all texts alike gives no scale, and why", async () => {
  const flat: Embedder = {
    name: "flat",
    embed: async (texts) => texts.map(() => Float32Array.of(1, 0)),
  };
  expect(await relevanceScale(flat, signal)).toEqual({
    usable: false,
    reason: expect.stringContaining("flat finds prompts no more"),
  });
});

test("the scale is the mean cosine of each prompt with its own answer, and with those of all others", async () => {
  const words = createWordEmbedder();
  const scale = await relevanceScale(words, signal);
  const prompts = await words.embed(
    relevancePairs.map(([prompt]) => prompt),
    signal,
  );
  const answers = await words.embed(
    relevancePairs.map(([, answer]) => answer),
    signal,
  );
  const cosines = (isOwn: boolean) =>
    prompts.flatMap((prompt, row) =>
      answers.flatMap((answer, column) => ((row === column) === isOwn ? [cosine(prompt, answer)] : [])),
    );
  expect(scale).toEqual({
    usable: true,
    unmatched: expect.closeTo(mean(cosines(false)), 6),
    matched: expect.closeTo(mean(cosines(true)), 6),
  });
});
