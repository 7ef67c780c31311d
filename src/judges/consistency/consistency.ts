/** How much several answers to one prompt agree. Answers to different prompts are never taken together. */
import { pairwiseCosines } from "../similarity/cosine.ts";
import { mean, sampleDeviation } from "../statistics/descriptive.ts";
import { type Score, scored, unscored } from "../statistics/score.ts";
import { roundScore } from "../verdict.ts";

export type { Score } from "../statistics/score.ts";

const largestDrop = 0.1;

/** 1 − mean cosine distance of all pairs, from 0 to 1; identical answers: 1; unscored for fewer than two. */
export function consistencyOf(vectors: readonly Float32Array[]): Score {
  return consistencyOfDistances(distancesOf(vectors));
}

/** As `consistencyOf`, of distances that are known. Distances above 1, of opposite texts, count as 1 on the whole. */
export function consistencyOfDistances(distances: readonly number[]): Score {
  if (distances.length === 0) return unscored("one answer cannot agree with another; ask for two or more");
  return scored(clip(1 - mean(distances)));
}

/**
 * `legacy_C` = clip(1 − sd(d)/mean(d), 0, 1), sd with n − 1 below; identical answers: 1. It measures how even the
 * distances are, not how small: answers that are all equally far apart score 1.
 */
export function legacyConsistencyOf(distances: readonly number[]): Score {
  if (distances.length > 0 && distances.every((distance) => distance === 0)) return scored(1);
  const deviation = sampleDeviation(distances);
  if (deviation === undefined)
    return unscored("the legacy consistency needs two distances; ask for three answers");
  return scored(clip(1 - deviation / mean(distances)));
}

/** Cosine distances of all pairs, from 0 to 2; exactly 0 between identical texts. */
export function distancesOf(vectors: readonly Float32Array[]): readonly number[] {
  return Array.from(pairwiseCosines(vectors), (cosine) => 1 - cosine);
}

export type LegacyBand = "ready" | "monitor" | "investigate";

export function legacyBand(legacyConsistency: number): LegacyBand {
  const rounded = roundScore(legacyConsistency);
  if (rounded > 0.85) return "ready";
  return rounded >= 0.75 ? "monitor" : "investigate";
}

/** Whether the legacy number fell by more than 0.1 below what it was. */
export function hasDropped(current: number, baseline: number): boolean {
  return roundScore(baseline - current) > largestDrop;
}

/** Mean of the prompts' own scores; those that have none are left out. Unscored where no prompt has one. */
export function meanOfPrompts(scores: readonly Score[]): Score {
  const values = scores.flatMap((score) => (score.scored ? [score.value] : []));
  return values.length > 0 ? scored(mean(values)) : unscored("no prompt had two answers");
}

function clip(value: number): number {
  return Math.min(1, Math.max(0, value));
}
