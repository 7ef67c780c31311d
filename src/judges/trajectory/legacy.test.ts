import { expect, test } from "bun:test";
import { observe, token } from "./trajectory-fixture.ts";

const legacyOf = (...tokens: readonly ReturnType<typeof token>[]) => {
  const { measured } = observe(tokens);
  if (!measured) throw new Error("nothing was measured");
  return measured.legacy;
};

test("the legacy perplexity of p = .5, .25, .125 is the mean of 1/p, 4.667", () => {
  const legacy = legacyOf(token(0.5), token(0.25), token(0.125));
  expect(legacy.steps.map(({ perplexity }) => Number(perplexity.toFixed(9)))).toEqual([2, 4, 8]);
  expect(legacy.avgPerplexity).toBeCloseTo(4.667, 3);
  expect(legacy.maxPerplexity).toBeCloseTo(8, 9);
});

test("the legacy entropy is that of the likeliest tokens as they are", () => {
  const { avgEntropy, maxEntropy } = legacyOf(token(0.5, [0.5, 0.25]), token(0.5, [1, 0]));
  expect(maxEntropy).toBeCloseTo(Math.LN2, 12);
  expect(avgEntropy).toBeCloseTo(Math.LN2 / 2, 12);
});

test("the legacy entropy has the width of the window", () => {
  const { measured } = observe([token(0.5, [0.5, 0.25, 0.25])], { topK: 2 });
  expect(measured?.legacy.maxEntropy).toBeCloseTo(0.5 * Math.LN2 + 0.25 * Math.log(4), 12);
});

test("legacy surprise adds up over the answer and knows no length", () => {
  const { steps, finalSurprise, passedQualityCheck } = legacyOf(
    ...Array.from({ length: 5 }, () => token(0.09)),
  );
  expect(steps[1]?.cumulativeSurprise).toBeCloseTo(4.816, 3);
  expect(legacyOf(token(0.1)).finalSurprise).toBe(0);
  expect(finalSurprise).toBeCloseTo(12.04, 2);
  expect(passedQualityCheck).toBe(false);
});

test("each legacy gate fails by itself, beyond 50, 2.5 and 10", () => {
  const passes = (...tokens: readonly ReturnType<typeof token>[]) => legacyOf(...tokens).passedQualityCheck;
  expect([token(0.021), token(0.0185)].map((each) => passes(each))).toEqual([true, false]);
  expect(passes(token(0.03), token(0.03))).toBe(true);
  // Three times 3.507 nats.
  expect(passes(token(0.03), token(0.03), token(0.03))).toBe(false);
  const even = (count: number) => token(0.5, Array(count).fill(1 / count));
  // ln 10 = 2.303 is the most that ten alternatives have: the gate is out of their reach.
  expect(passes(even(10))).toBe(true);
  expect(observe([even(20)], { topK: 20 }).measured?.legacy.passedQualityCheck).toBe(false);
});

test("legacy averages leave out tokens of no probability, and are absent where no token has any", () => {
  const impossible = { ...token(0.5), logprob: Number.NEGATIVE_INFINITY };
  expect(legacyOf(token(0.5), impossible).avgPerplexity).toBe(2);
  expect(legacyOf(impossible).avgPerplexity).toBeUndefined();
  expect(legacyOf(impossible).passedQualityCheck).toBe(false);
});
