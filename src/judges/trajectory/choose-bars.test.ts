import { expect, test } from "bun:test";
import fc from "fast-check";
import { aucOf, chooseBar, chooseBars, type MeasuredExample } from "./choose-bars.ts";

const label = (passed: readonly number[], failed: readonly number[]) => [
  ...passed.map((value) => ({ value, passed: true })),
  ...failed.map((value) => ({ value, passed: false })),
];

const example = (passed: boolean, perplexity: number, entropy = 0.5, surprise = 0.1): MeasuredExample => ({
  ...{ passed, measures: { perplexity, entropy, surprise } },
});
const range = (count: number, from: number) => Array.from({ length: count }, (_, i) => from + i);
const separable = [
  ...range(20, 2).map((perplexity) => example(true, perplexity)),
  ...range(20, 40).map((perplexity) => example(false, perplexity)),
];

test("passes 1, 2, 4 and fails 3, 5 give the bar 2.5 with J = 2/3 and AUC 5/6", () => {
  const values = label([1, 2, 4], [3, 5]);
  expect(chooseBar(values)).toEqual({ threshold: 2.5, youden: 2 / 3 });
  expect(aucOf(values)).toBeCloseTo(5 / 6, 12);
});

test("ties count half, and values that are all the same have no bar", () => {
  expect(aucOf(label([1, 1], [1]))).toBe(0.5);
  expect(chooseBar(label([1, 1], [1]))).toEqual({ youden: 0 });
});

test("a measure that is higher for answers that pass has no bar", () => {
  expect(chooseBar(label([5, 6], [1, 2]))).toEqual({ youden: 0 });
});

test("classes that lie apart are told apart on both halves, by the one measure that differs", () => {
  const { bars, report } = chooseBars(separable, 1);
  expect(Object.keys(bars)).toEqual(["perplexity"]);
  expect(bars.perplexity).toBeWithin(15, 45);
  expect(report).toMatchObject({ passed: 20, failed: 20, seed: 1 });
  expect(report.train).toEqual({ examples: 20, accuracy: 1, precision: 1, recall: 1 });
  expect(report.bars[0]).toMatchObject({ measure: "perplexity", youden: 1, auc: { train: 1, heldOut: 1 } });
  expect(report.bars[1]).toEqual({ measure: "entropy", youden: 0, auc: { train: 0.5, heldOut: 0.5 } });
});

test("the same seed gives the same halves, another seed others", () => {
  const noisy = range(60, 1).map((i) => example(i % 3 !== 0, (i * 37) % 50, ((i * 17) % 20) / 20));
  expect(chooseBars(noisy, 4)).toEqual(chooseBars(noisy, 4));
  const seeds = range(8, 0).map((seed) => JSON.stringify(chooseBars(noisy, seed).report.heldOut));
  expect(new Set(seeds).size).toBeGreaterThan(1);
});

test("fewer than ten answers of either class are refused with both counts", () => {
  const few = separable.slice(0, 29);
  expect(() => chooseBars(few, 1)).toThrow("20 pass and 9 fail; calibration needs at least 10 of each");
});

test("labels that no measure follows are refused", () => {
  const examples = [...range(10, 0), ...range(10, 0)].map((_, i) => example(i < 10, 5));
  expect(() => chooseBars(examples, 1)).toThrow("no measure is lower for the answers that pass");
});

test("the bar is as good as any other on the values it was chosen on", () => {
  const values = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(values, values, (passed, failed) => {
      const { threshold, youden } = chooseBar(label(passed, failed));
      const rate = (list: readonly number[], bar: number) =>
        list.filter((value) => value < bar).length / list.length;
      const best = Math.max(...range(32, 0).map((bar) => rate(passed, bar) - rate(failed, bar)));
      expect(youden).toBeCloseTo(Math.max(0, best), 9);
      if (threshold !== undefined)
        expect(rate(passed, threshold) - rate(failed, threshold)).toBeCloseTo(youden, 9);
    }),
  );
});
