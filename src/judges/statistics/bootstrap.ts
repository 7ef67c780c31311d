import { AppError } from "../../base/index.ts";
import { mean, percentile } from "./descriptive.ts";
import { createRandom } from "./random.ts";

export const defaultResamples = 2_000;
export const maxResamples = 100_000;
export const defaultLevel = 0.95;
/** Some milliseconds of work. */
const drawsPerTurn = 200_000;

export type Interval = {
  readonly low: number;
  readonly high: number;
  /** Share of repeats in which such an interval holds the true value. */
  readonly level: number;
  /** Resamples that count; those on which the statistic is no number are left out. */
  readonly resamples: number;
  readonly seed: number;
  /** Units that were resampled. An interval of one is its value twice and says nothing of its spread. */
  readonly units: number;
};

export type BootstrapOptions = {
  readonly seed: number;
  readonly resamples?: number;
  readonly level?: number;
};

/**
 * Percentile bootstrap (Efron 1979): units drawn with replacement, the statistic of each draw, its outer percentiles.
 * `statistic` must not keep the list it is given. Throws AppError invalid_request for no units or options out of
 * range, server_error where the statistic is a number of no resample.
 */
export function bootstrapInterval<T>(
  units: readonly T[],
  statistic: (resampled: readonly T[]) => number,
  options: BootstrapOptions,
): Interval {
  return toInterval([...drawStatistics(units, statistic, options)], units.length, options);
}

/** As `bootstrapInterval`, with a turn for others now and then: many units take seconds. */
export async function bootstrapInTurns<T>(
  units: readonly T[],
  statistic: (resampled: readonly T[]) => number,
  options: BootstrapOptions,
): Promise<Interval> {
  const values: number[] = [];
  let drawn = 0;
  for (const value of drawStatistics(units, statistic, options)) {
    values.push(value);
    drawn += units.length;
    if (drawn < drawsPerTurn) continue;
    drawn = 0;
    await Bun.sleep(0);
  }
  return toInterval(values, units.length, options);
}

function* drawStatistics<T>(
  units: readonly T[],
  statistic: (resampled: readonly T[]) => number,
  { seed, resamples = defaultResamples, level = defaultLevel }: BootstrapOptions,
): Generator<number> {
  checkOptions(units.length, { seed, resamples, level });
  const random = createRandom(seed);
  const resampled = units.slice();
  for (let draw = 0; draw < resamples; draw++) {
    for (let index = 0; index < units.length; index++)
      resampled[index] = units[Math.floor(random() * units.length)] as T;
    yield statistic(resampled);
  }
}

function toInterval(
  drawn: readonly number[],
  units: number,
  { seed, level = defaultLevel }: BootstrapOptions,
): Interval {
  const values = drawn.filter(Number.isFinite);
  if (values.length === 0) {
    const message = `the statistic was a number of none of ${drawn.length} resamples of ${units} units`;
    throw new AppError("server_error", message);
  }
  const tail = (1 - level) / 2;
  return {
    low: percentile(values, tail),
    high: percentile(values, 1 - tail),
    ...{ level, resamples: values.length, seed, units },
  };
}

/** Whether the value lies outside of the interval. Never for one unit: its interval has no width to be outside of. */
export function isOutside(value: number, { low, high, units }: Interval): boolean {
  return units >= 2 && (value < low || value > high);
}

export type PairedDifference = {
  /** Mean of second − first. */
  readonly difference: number;
  readonly interval: Interval;
  /** Whether the interval excludes 0. */
  readonly isDifferent: boolean;
};

/**
 * Compares two lists of scores of the same cases in the same order: the cases are resampled, so that a hard case is
 * hard for both. Throws AppError invalid_request for lists of unequal length and as `bootstrapInterval` does.
 */
export async function comparePaired(
  first: readonly number[],
  second: readonly number[],
  options: BootstrapOptions,
): Promise<PairedDifference> {
  if (first.length !== second.length) {
    const message = `paired scores need one another: ${first.length} were given against ${second.length}`;
    throw new AppError("invalid_request", message);
  }
  const differences = first.map((score, index) => (second[index] ?? Number.NaN) - score);
  const interval = await bootstrapInTurns(differences, mean, options);
  return { difference: mean(differences), interval, isDifferent: isOutside(0, interval) };
}

function checkOptions(units: number, { seed, resamples, level }: Required<BootstrapOptions>): void {
  const problems = [
    units === 0 && "there is nothing to resample",
    !Number.isSafeInteger(seed) && `seed: ${seed} is no whole number`,
    !(Number.isInteger(resamples) && resamples >= 1 && resamples <= maxResamples) &&
      `resamples: ${resamples} is no whole number from 1 to ${maxResamples}`,
    !(level > 0 && level < 1) && `level: ${level} is not between 0 and 1`,
  ].filter((problem) => problem !== false);
  if (problems.length > 0) throw new AppError("invalid_request", problems.join("; "));
}
