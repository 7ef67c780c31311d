import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createRandom } from "../statistics/random.ts";
import { expectedBest, labelOf, measureEffect, type RepeatScores } from "./effect.ts";

const hand: RepeatScores = { quality: 0.46, baseline: [0.489, 0.397, 0.46] };

describe("the hand value: Q = 0.46, q = (0.489, 0.397, 0.46)", () => {
  test("gamma is 1.025 and omega -0.029", () => {
    const effect = measureEffect([hand], 1);
    expect(effect.gamma).toBeCloseTo(1.025, 3);
    expect(effect.omega).toBeCloseTo(-0.029, 10);
    expect(effect).toMatchObject({ isGammaDefined: true, gammaLabel: "none" });
  });

  test("one repeat has no interval, and nothing is called effective", () => {
    const { gammaInterval, omegaInterval, isEffective, isEmergent } = measureEffect([hand], 1);
    expect([gammaInterval, omegaInterval, isEffective, isEmergent]).toEqual(Array(4).fill(undefined));
  });
});

test("a baseline of 0 leaves gamma undefined, at 1, and never effective", () => {
  const repeat: RepeatScores = { quality: 0.9, baseline: [0, 0] };
  const effect = measureEffect([repeat, repeat, repeat, repeat, repeat], 1);
  expect(effect).toMatchObject({ gamma: 1, isGammaDefined: false, isEffective: false, isEmergent: true });
  expect(effect.gammaInterval).toBeUndefined();
});

test("five repeats that all gain are effective, five that gain on average only are not", () => {
  const gains = (values: readonly number[]) => {
    const [first = hand, ...others] = values.map(
      (quality): RepeatScores => ({ quality, baseline: [0.5, 0.5] }),
    );
    return measureEffect([first, ...others], 1);
  };
  expect(gains([0.6, 0.65, 0.62, 0.61, 0.7])).toMatchObject({ isEffective: true, isEmergent: true });
  expect(gains([0.3, 0.9, 0.8, 0.4, 0.7])).toMatchObject({ isEffective: false, gammaLabel: "helping" });
});

test("four repeats have no interval, and five have one", () => {
  const repeats = (count: number) => measureEffect([hand, ...Array(count - 1).fill(hand)], 1);
  expect(repeats(4)).not.toHaveProperty("gammaInterval");
  expect(repeats(4).isEffective).toBeUndefined();
  expect(repeats(5)).toMatchObject({ gammaInterval: { units: 5 }, isEffective: true, isEmergent: false });
});

test("a lower bound of exactly 1, and of exactly 0, is no effect", () => {
  const same: RepeatScores = { quality: 0.5, baseline: [0.5, 0.5] };
  expect(measureEffect([same, same, same, same, same], 1)).toMatchObject({
    ...{ gammaInterval: { low: 1, high: 1 }, isEffective: false },
    ...{ omegaInterval: { low: 0, high: 0 }, isEmergent: false },
  });
});

test("gamma over repeats is the ratio of the means: a repeat of a poor baseline does not lift it", () => {
  const repeats: [RepeatScores, RepeatScores] = [
    { quality: 0.5, baseline: [0.1, 0.1] },
    { quality: 0.5, baseline: [0.9, 0.9] },
  ];
  expect(measureEffect(repeats, 1).gamma).toBeCloseTo(1, 12);
  const many = Array.from({ length: 10 }, () => repeats).flat();
  const { gammaInterval } = measureEffect([repeats[0], ...many.slice(1)], 1);
  // The mean of the ratios 5 and 0.556 is 2.778.
  expect(gammaInterval?.low).toBeLessThan(1);
  expect(gammaInterval?.high).toBeLessThan(2);
});

test("the same seed gives the same interval, another seed another one", () => {
  const random = createRandom(5);
  const repeats: [RepeatScores, ...RepeatScores[]] = [hand];
  for (let index = 0; index < 11; index += 1)
    repeats.push({ quality: random(), baseline: [random(), random(), random()] });
  const interval = (seed: number) => measureEffect(repeats, seed).gammaInterval;
  expect(interval(3)).toEqual(interval(3));
  expect(interval(3)).toMatchObject({ seed: 3, resamples: 2000, level: 0.95 });
  expect(interval(3)).not.toEqual({ ...interval(4), seed: 3 });
});

test.each([
  [1.1, "none"],
  [1.1001, "helping"],
  [0.9, "none"],
  [0.8999, "hurting"],
] as const)("gamma %d is labelled %s", (gamma, label) => {
  expect(labelOf(gamma)).toBe(label);
});

describe("the best of m", () => {
  test("of (0.2, 0.4, 0.9): the mean of one, the mean of the best of all pairs, the best of three", () => {
    const qualities = [0.4, 0.9, 0.2];
    expect(expectedBest(qualities, 1)).toBeCloseTo(0.5, 12);
    expect(expectedBest(qualities, 2)).toBeCloseTo((0.4 + 0.9 + 0.9) / 3, 12);
    expect(expectedBest(qualities, 3)).toBe(0.9);
  });

  test("gamma at the same tokens divides by it", () => {
    expect(measureEffect([{ ...hand, bestOfMatched: 0.92 }], 1).gammaComputeMatched).toBeCloseTo(0.5, 12);
  });
});

test("the order of the agents changes nothing", () => {
  const score = fc.double({ min: 0, max: 1, noNaN: true });
  const baseline = fc.array(score, { minLength: 1, maxLength: 8 });
  const permuted = baseline.chain((values) =>
    fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length })),
  );
  fc.assert(
    fc.property(score, permuted, (quality, [values, shuffled]) => {
      const measure = ([first = 0, ...others]: readonly number[]) =>
        measureEffect(
          [{ quality, baseline: [first, ...others], bestOfMatched: expectedBest([first, ...others], 1) }],
          1,
        );
      expect(measure(shuffled)).toEqual(measure(values));
    }),
  );
});

/** Share of seeded measurements whose interval of gamma holds 1, for a strategy that returns one of the baseline's answers. */
function coverage(repeats: number): number {
  const random = createRandom(12);
  const measurements = 400;
  let covered = 0;
  for (let measurement = 0; measurement < measurements; measurement += 1) {
    const all = Array.from({ length: repeats }, (): RepeatScores => {
      const baseline = [0.2 + random() * 0.8, 0.2 + random() * 0.8, 0.2 + random() * 0.8] as const;
      return { quality: baseline[Math.floor(random() * 3)] ?? 0, baseline };
    });
    const [first = hand, ...others] = all;
    const interval = measureEffect([first, ...others], measurement).gammaInterval;
    if (interval && interval.low <= 1 && interval.high >= 1) covered += 1;
  }
  return covered / measurements;
}

test.each([5, 10])(
  "of %d repeats without an effect, about 95 %% of the intervals hold 1",
  (repeats) => {
    const share = coverage(repeats);
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(0.985);
  },
  60_000,
);
