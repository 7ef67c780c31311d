import { expect, test } from "bun:test";
import fc from "fast-check";
import { mean, percentile, populationDeviation, sampleDeviation } from "./descriptive.ts";

/** Michelson's 100 measurements of the speed of light (1879), in 1,000 km/s from 299: data set Michelso of NIST StRD. */
const michelson = `
  .85 .74 .90 1.07 .93 .85 .95 .98 .98 .88 1.00 .98 .93 .65 .76 .81 1.00 1.00 .96 .96 .96 .94 .96 .94 .88
  .80 .85 .88 .90 .84 .83 .79 .81 .88 .88 .83 .80 .79 .76 .80 .88 .88 .88 .86 .72 .72 .62 .86 .97 .95
  .88 .91 .85 .87 .84 .84 .85 .84 .84 .84 .89 .81 .81 .82 .80 .77 .76 .74 .75 .76 .91 .92 .89 .86 .88
  .72 .84 .85 .85 .78 .89 .84 .78 .81 .76 .81 .79 .81 .82 .85 .87 .87 .81 .74 .81 .94 .95 .80 .81 .87`
  .trim()
  .split(/\s+/)
  .map((value) => 299 + Number(value));

/** NIST StRD NumAcc3 and NumAcc4: a large first value, then pairs 0.1 below and above it. */
function alternating(center: number): readonly number[] {
  return [center, ...Array.from({ length: 1_000 }, (_, index) => center + (index % 2 === 0 ? -0.1 : 0.1))];
}

test("the certified values of NIST's data sets", () => {
  expect(mean(michelson)).toBeCloseTo(299.8524, 12);
  expect(sampleDeviation(michelson)).toBeCloseTo(0.0790105478190518, 12);
  expect(sampleDeviation([10_000_001, 10_000_003, 10_000_002])).toBe(1);
  expect(mean(alternating(1_000_000.2))).toBeCloseTo(1_000_000.2, 9);
  expect(sampleDeviation(alternating(1_000_000.2))).toBeCloseTo(0.1, 9);
  expect(sampleDeviation(alternating(10_000_000.2))).toBeCloseTo(0.1, 8);
});

test("Anscombe's four lists have the same mean and deviation", () => {
  const lists = [
    [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68],
    [9.14, 8.14, 8.74, 8.77, 9.26, 8.1, 6.13, 3.1, 9.13, 7.26, 4.74],
    [7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73],
    [6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.5, 5.56, 7.91, 6.89],
  ];
  for (const list of lists) {
    expect(mean(list)).toBeCloseTo(7.5, 2);
    expect(sampleDeviation(list)).toBeCloseTo(2.03, 2);
  }
});

test("the population's deviation divides by n", () => {
  expect(populationDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBe(2);
  expect(populationDeviation([0.3])).toBe(0);
});

test("one value has no sample deviation, and no values have no mean", () => {
  expect(sampleDeviation([1])).toBeUndefined();
  expect(() => mean([])).toThrow(/mean of 0 values/);
  expect(() => mean([1, Number.NaN])).toThrow(/no number/);
  expect(() => percentile([], 0.5)).toThrow(/percentile of 0 values/);
});

test("a percentile is the value at floor(n·p), the last at most", () => {
  const values = Array.from({ length: 100 }, (_, index) => 99 - index);
  expect([0, 0.29, 0.5, 0.95, 1].map((p) => percentile(values, p))).toEqual([0, 29, 50, 95, 99]);
});

test("the order of values changes neither mean nor deviation by more than rounding", () => {
  const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 50 });
  fc.assert(
    fc.property(values, (list) => {
      const turned = list.toReversed();
      expect(mean(turned)).toBeCloseTo(mean(list), 12);
      expect(sampleDeviation(turned)).toBeCloseTo(sampleDeviation(list) ?? Number.NaN, 12);
    }),
  );
});
