import { expect, test } from "bun:test";
import fc from "fast-check";
import { createWordEmbedder } from "../similarity/word-embedder.ts";
import { measureAnswers } from "./answer-consistency.ts";
import {
  consistencyOf,
  consistencyOfDistances,
  hasDropped,
  legacyBand,
  legacyConsistencyOf,
  meanOfPrompts,
  type Score,
} from "./consistency.ts";

const { signal } = new AbortController();
const embedder = createWordEmbedder();
const score = (value: number): Score => ({ scored: true, value: expect.closeTo(value, 10) });

test("the hand values: distances of .1, .2 and .3", () => {
  expect(consistencyOfDistances([0.1, 0.2, 0.3])).toEqual(score(0.8));
  expect(legacyConsistencyOf([0.1, 0.2, 0.3])).toEqual(score(0.5));
});

test("identical answers score 1 in both numbers, two of them as well", async () => {
  for (const count of [2, 3, 7]) {
    const found = await measureAnswers(embedder, Array(count).fill("The port is 8125, as a rule."), signal);
    expect(found).toMatchObject({ consistency: { value: 1 }, legacyC: { value: 1 }, legacyBand: "ready" });
  }
});

test("answers that are all equally far apart are inconsistent, whatever the legacy number says", () => {
  expect(consistencyOfDistances([0.9, 0.9, 0.9])).toEqual(score(0.1));
  expect(legacyConsistencyOf([0.9, 0.9, 0.9])).toEqual(score(1));
});

test("the order of answers is irrelevant", async () => {
  const answers = fc.array(fc.constantFrom("red apples", "green apples", "a blue car", "", "red cars"), {
    minLength: 3,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(answers, async (list) => {
      const [found, turned] = [
        await measureAnswers(embedder, list, signal),
        await measureAnswers(embedder, list.toReversed(), signal),
      ];
      for (const name of ["consistency", "legacyC", "exactMatch", "majority"] as const) {
        const [one, other] = [found[name], turned[name]];
        if (one.scored && other.scored) expect(other.value).toBeCloseTo(one.value, 6);
        else expect(other.scored).toBe(one.scored);
      }
    }),
    { numRuns: 50 },
  );
});

test("prompts are never pooled: each agrees with itself though they differ from one another", async () => {
  const prompts = [
    ["Paris", "Paris"],
    ["42 apples", "42 apples"],
  ];
  const found = await Promise.all(prompts.map((answers) => measureAnswers(embedder, answers, signal)));
  expect(meanOfPrompts(found.map(({ consistency }) => consistency))).toEqual(score(1));
  const pooled = await measureAnswers(embedder, prompts.flat(), signal);
  expect(pooled.consistency.scored && pooled.consistency.value).toBeLessThan(0.5);
});

test("one answer is unscored and does not count in the mean of prompts", async () => {
  const found = await measureAnswers(embedder, ["alone"], signal);
  expect(found).toMatchObject({ consistency: { scored: false }, legacyC: { scored: false } });
  expect(found.legacyBand).toBeUndefined();
  expect(meanOfPrompts([found.consistency, { scored: true, value: 0.6 }])).toEqual(score(0.6));
  expect(meanOfPrompts([found.consistency]).scored).toBe(false);
});

test("two answers that differ have a consistency and no legacy number", async () => {
  const found = await measureAnswers(embedder, ["red apples", "green apples"], signal);
  expect(found.consistency.scored && found.consistency.value).toBeWithin(0.3, 0.7);
  expect(found.legacyC).toEqual({ scored: false, reason: expect.stringContaining("three answers") });
});

test("opposite answers score 0 and no less", () => {
  expect(consistencyOf([Float32Array.of(1, 0), Float32Array.of(-1, 0)])).toEqual({ scored: true, value: 0 });
});

test("any distances give numbers from 0 to 1", () => {
  const distances = fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { maxLength: 30 });
  fc.assert(
    fc.property(distances, (list) => {
      for (const found of [consistencyOfDistances(list), legacyConsistencyOf(list)])
        if (found.scored) expect(found.value).toBeWithin(0, 1.0000001);
        else expect(list.length).toBeLessThan(2);
    }),
  );
});

test("bands of the legacy number and the drop that alerts begin beyond their limits", () => {
  expect([0.86, 0.85, 0.75, 0.74].map(legacyBand)).toEqual(["ready", "monitor", "monitor", "investigate"]);
  expect(hasDropped(0.8, 0.9)).toBe(false);
  expect(hasDropped(0.79, 0.9)).toBe(true);
  expect(hasDropped(0.9, 0.5)).toBe(false);
});
