import { expect, test } from "bun:test";
import { smallSampleLevel } from "./small-sample-level.ts";

test("five repeats are resampled at 99.8 %, as Student's quantile of 4 degrees (2.776) asks for", () => {
  // Twice the normal tail of sqrt(5/4) * 2.776445 = 3.10416.
  expect(1 - smallSampleLevel(5).inner).toBeCloseTo(0.001908, 4);
  expect(smallSampleLevel(5).outer).toBe(0.95);
});

test("many repeats need no more than their level", () => {
  expect(smallSampleLevel(100_000).inner).toBeCloseTo(0.95, 4);
});
