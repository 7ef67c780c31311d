/** The effect of coordination, as pure functions of qualities from 0 to 1. */
import { bootstrapInterval, type Interval } from "../statistics/bootstrap.ts";
import { roundScore } from "../verdict.ts";
import { smallSampleLevel } from "./small-sample-level.ts";

/** With fewer repeats there is no interval, and nothing is called effective. */
export const minRepeatsForInterval = 5;
const helpingAbove = 1.1;
const hurtingBelow = 0.9;

export type GammaLabel = "helping" | "none" | "hurting";

/** What was measured in one repeat. */
export type RepeatScores = {
  /** Q, of the coordinated answer. */
  readonly quality: number;
  /** q, of the independent answers that could be judged. */
  readonly baseline: readonly [number, ...number[]];
  /** Of the best of as many independent answers as cost the same tokens. */
  readonly bestOfMatched?: number;
};

export type Effect = {
  readonly coordinatedQuality: number;
  readonly baselineQuality: number;
  readonly bestIndividualQuality: number;
  /** γ: coordinated quality / baseline quality; 1 where the latter is 0 and so nothing is defined. */
  readonly gamma: number;
  readonly isGammaDefined: boolean;
  readonly gammaLabel: GammaLabel;
  /** ω: coordinated quality − the best independent one, from −1 to 1. */
  readonly omega: number;
  /** γ against the best of as many independent answers as cost the same tokens; absent where undefined. */
  readonly gammaComputeMatched?: number;
  /** 95 % of them hold the true value; absent below `minRepeatsForInterval`. */
  readonly gammaInterval?: Interval;
  readonly omegaInterval?: Interval;
  readonly gammaComputeMatchedInterval?: Interval;
  /** The interval of γ lies above 1; absent where there is no interval. */
  readonly isEffective?: boolean;
  /** The interval of ω lies above 0. */
  readonly isEmergent?: boolean;
};

/**
 * Over repeats γ is the ratio of the mean qualities, not the mean of the ratios, which noise in the baseline lifts
 * above 1. Hand value: Q = 0.46, q = (0.489, 0.397, 0.46) give γ = 1.025 and ω = −0.029.
 */
export function measureEffect(repeats: readonly [RepeatScores, ...RepeatScores[]], seed: number): Effect {
  const coordinatedQuality = meanOf(repeats, ({ quality }) => quality);
  const baselineQuality = meanOf(repeats, baselineOf);
  const bestIndividualQuality = meanOf(repeats, ({ baseline }) => Math.max(...baseline));
  const isGammaDefined = baselineQuality > 0;
  const gamma = isGammaDefined ? coordinatedQuality / baselineQuality : 1;
  return {
    ...{ coordinatedQuality, baselineQuality, bestIndividualQuality, gamma, isGammaDefined },
    ...{ gammaLabel: labelOf(gamma), omega: coordinatedQuality - bestIndividualQuality },
    ...measureMatched(repeats, seed),
    ...(repeats.length >= minRepeatsForInterval && measureIntervals(repeats, isGammaDefined, seed)),
  };
}

function measureIntervals(repeats: readonly RepeatScores[], isGammaDefined: boolean, seed: number) {
  const omegaInterval = intervalOf(repeats, omegaOf, seed);
  const gammaInterval = isGammaDefined ? intervalOf(repeats, gammaOf, seed) : undefined;
  return {
    ...{ omegaInterval, isEmergent: roundScore(omegaInterval.low) > 0 },
    ...(gammaInterval && { gammaInterval }),
    isEffective: gammaInterval !== undefined && roundScore(gammaInterval.low) > 1,
  };
}

function measureMatched(repeats: readonly RepeatScores[], seed: number) {
  const matched = repeats.filter(({ bestOfMatched }) => bestOfMatched !== undefined);
  const gamma = matched.length === 0 ? Number.NaN : matchedGammaOf(matched);
  if (!Number.isFinite(gamma)) return {};
  const hasInterval = matched.length >= minRepeatsForInterval;
  return {
    gammaComputeMatched: gamma,
    ...(hasInterval && { gammaComputeMatchedInterval: intervalOf(matched, matchedGammaOf, seed) }),
  };
}

/** The percentile bootstrap over repeats, at the level that makes up for how few there are. */
function intervalOf(
  repeats: readonly RepeatScores[],
  statistic: (repeats: readonly RepeatScores[]) => number,
  seed: number,
): Interval {
  const level = smallSampleLevel(repeats.length);
  return { ...bootstrapInterval(repeats, statistic, { seed, level: level.inner }), level: level.outer };
}

function gammaOf(repeats: readonly RepeatScores[]): number {
  return meanOf(repeats, ({ quality }) => quality) / meanOf(repeats, baselineOf);
}

function omegaOf(repeats: readonly RepeatScores[]): number {
  return meanOf(repeats, ({ quality, baseline }) => quality - Math.max(...baseline));
}

function matchedGammaOf(repeats: readonly RepeatScores[]): number {
  const best = meanOf(repeats, ({ bestOfMatched = 0 }) => bestOfMatched);
  return meanOf(repeats, ({ quality }) => quality) / best;
}

/** A dead band around 1: a label, not a test. */
export function labelOf(gamma: number): GammaLabel {
  const rounded = roundScore(gamma);
  if (rounded > helpingAbove) return "helping";
  return rounded < hurtingBelow ? "hurting" : "none";
}

/**
 * Expected best of `count` answers drawn without replacement from those that were judged: which of them came first
 * makes no difference. Throws RangeError for more than there are.
 */
export function expectedBest(qualities: readonly number[], count: number): number {
  const sorted = qualities.toSorted((left, right) => right - left);
  if (count < 1 || count > sorted.length) throw new RangeError(`the best of ${count} of ${sorted.length}`);
  // Chance that the answers before this one were not drawn, and then that it is.
  let missed = 1;
  let expected = 0;
  for (const [index, quality] of sorted.entries()) {
    const chance = Math.min(1, count / (sorted.length - index));
    expected += missed * chance * quality;
    missed *= 1 - chance;
  }
  return expected;
}

function baselineOf({ baseline }: RepeatScores): number {
  // Smallest first, so that the order of the agents does not change the sum by rounding.
  const sorted = baseline.toSorted((left, right) => left - right);
  return sorted.reduce((sum, quality) => sum + quality, 0) / sorted.length;
}

function meanOf(repeats: readonly RepeatScores[], value: (repeat: RepeatScores) => number): number {
  return repeats.reduce((sum, repeat) => sum + value(repeat), 0) / repeats.length;
}
