import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { normalizedEntropyOf, perplexityOf, surpriseRateOf } from "./measures.ts";
import { observe, token } from "./trajectory-fixture.ts";

const logs = (...probabilities: readonly number[]) => probabilities.map(Math.log);
const canonical = (record: ReturnType<typeof observe>) => {
  if (!record.measured) throw new Error("nothing was measured");
  return record.measured.canonical;
};

describe("values worked out by hand", () => {
  test("p = .5, .25, .125 has the perplexity 4", () => {
    expect(perplexityOf(logs(0.5, 0.25, 0.125))).toBeCloseTo(4, 12);
  });

  test("q = .7, .2, .1 of three has the normalised entropy 0.730", () => {
    expect(normalizedEntropyOf(token(0.7, [0.7, 0.2, 0.1]).top, 3)).toBeCloseTo(0.7298, 4);
  });

  test("alternatives that are equally likely have the normalised entropy 1, however unlikely they are", () => {
    expect(normalizedEntropyOf(token(0.01, [0.01, 0.01, 0.01, 0.01]).top, 10)).toBe(1);
  });

  test("p = .5, .05 has the surprise rate 1.498", () => {
    expect(surpriseRateOf(logs(0.5, 0.05), 0.1)).toBeCloseTo(1.498, 3);
  });

  test("a token of exactly the surprise probability is no surprise, one just below it is", () => {
    const measuresOf = (...probabilities: readonly number[]) =>
      canonical(observe(probabilities.map((each) => token(each))));
    expect(measuresOf(0.1, 0.5)).toMatchObject({ surprisingTokens: 0, surpriseRate: 0 });
    expect(Object.is(measuresOf(0.1).surpriseRate, 0)).toBe(true);
    const { surprisingTokens, surpriseRate } = measuresOf(0.0999, 0.5);
    expect(surprisingTokens).toBe(1);
    expect(surpriseRate).toBeCloseTo(-Math.log(0.0999) / 2, 12);
  });

  test("alternatives beyond the width of the window count for nothing", () => {
    // q = 4/7 and 3/7.
    expect(normalizedEntropyOf(token(0.4, [0.4, 0.3, 0.2, 0.1]).top, 2)).toBeCloseTo(0.9852, 4);
  });

  test("the least gap is that of one token", () => {
    const { logitGap } = canonical(observe([token(0.9, [0.9, 0.1]), token(0.5, [0.5, 0.3])]));
    expect(logitGap).toEqual({ mean: expect.closeTo(0.5, 12), min: expect.closeTo(0.2, 12) });
  });

  test("the gap is that of the two likeliest tokens, not that of the one that was drawn", () => {
    expect(canonical(observe([token(0.1, [0.6, 0.25])])).logitGap.mean).toBeCloseTo(0.35, 12);
  });
});

test("entropy over the vocabulary is divided by the logarithm of its size", () => {
  const tokens = [1, 2].map((nats) => ({ ...token(0.5), entropy: nats * Math.log(2) }));
  const { vocabularyEntropy } = canonical(observe(tokens, { vocabularySize: 16 }));
  expect(vocabularyEntropy?.min).toBeCloseTo(0.25, 12);
  expect(vocabularyEntropy?.mean).toBeCloseTo(0.375, 12);
  expect(vocabularyEntropy?.max).toBeCloseTo(0.5, 12);
});

test("one very uncertain token decides in a short answer and not in a long one", () => {
  const certain = token(0.99, [0.99, 0.01]);
  const torn = token(0.5, [0.5, 0.5]);
  const short = canonical(observe([torn, ...Array.from({ length: 18 }, () => certain)]));
  const long = canonical(observe([torn, ...Array.from({ length: 99 }, () => certain)]));
  expect(short.entropyStatistic).toBe(1);
  expect(long.entropyStatistic).toBeLessThan(0.1);
  expect(long.normalizedEntropy.max).toBe(1);
});

const probability = fc.double({ min: 1e-300, max: 1, noNaN: true });

test("whatever the probabilities, perplexity is 1 at least, entropies lie in [0, 1] and nothing is NaN", () => {
  const anyToken = fc
    .tuple(probability, fc.array(probability, { minLength: 2, maxLength: 12 }))
    .map(([chosen, top]) =>
      token(
        chosen,
        top.toSorted((left, right) => right - left),
      ),
    );
  fc.assert(
    fc.property(fc.array(anyToken, { minLength: 1, maxLength: 40 }), (tokens) => {
      const measures = canonical(observe(tokens));
      expect(measures.perplexity).toBeGreaterThanOrEqual(1);
      expect(measures.surpriseRate).toBeGreaterThanOrEqual(0);
      for (const value of Object.values(measures.normalizedEntropy)) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }
      expect(JSON.stringify(measures)).not.toContain("NaN");
    }),
  );
});

test("a token without any probability makes the perplexity endless and no number NaN", () => {
  const measures = canonical(observe([token(0.5), { ...token(0.5), logprob: Number.NEGATIVE_INFINITY }]));
  expect(measures.perplexity).toBe(Number.POSITIVE_INFINITY);
  expect(measures.surpriseRate).toBeGreaterThan(1000);
});
