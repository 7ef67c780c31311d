import { AppError } from "../../base/index.ts";

/** Throws AppError server_error for no values and for values that are no numbers: NaN never leaves. */
export function mean(values: readonly number[]): number {
  const rough = sum(values, 0) / values.length;
  // The rest that rounding left out: values of 10,000,000.2 keep all their digits.
  return requireNumber(rough + sum(values, rough) / values.length, "mean", values.length);
}

/** Standard deviation with n − 1 below; undefined for fewer than two values, of which it says nothing. */
export function sampleDeviation(values: readonly number[]): number | undefined {
  return values.length < 2 ? undefined : deviation(values, values.length - 1);
}

/** Standard deviation with n below. Throws as `mean` does. */
export function populationDeviation(values: readonly number[]): number {
  return deviation(values, values.length);
}

/** The value at index floor(n·p) of the sorted list, the last at most. Throws as `mean` does; `p` from 0 to 1. */
export function percentile(values: ArrayLike<number>, p: number): number {
  // 100 · 0.29 is 28.999999999999996 in binary.
  const index = Math.min(Math.floor(values.length * p + 1e-9), values.length - 1);
  return requireNumber(Float64Array.from(values).sort()[index] ?? Number.NaN, "percentile", values.length);
}

/** Two passes, the second corrected by what the rounded mean missed (Chan, Golub and LeVeque 1983). */
function deviation(values: readonly number[], divisor: number): number {
  const center = mean(values);
  let squares = 0;
  let rest = 0;
  for (const value of values) {
    squares += (value - center) ** 2;
    rest += value - center;
  }
  const variance = Math.max(0, squares - rest ** 2 / values.length) / divisor;
  return requireNumber(Math.sqrt(variance), "deviation", values.length);
}

function sum(values: readonly number[], subtracted: number): number {
  let total = 0;
  for (const value of values) total += value - subtracted;
  return total;
}

function requireNumber(result: number, name: string, count: number): number {
  if (Number.isFinite(result)) return result;
  throw new AppError("server_error", `the ${name} of ${count} values is no number; leave unscored ones out`);
}
