import { roundScore } from "../verdict.ts";

export type AgreementBand = "strong" | "moderate" | "weak" | "none";

/** Judges agree where it is reached. */
const leastAgreement = 0.7;

/**
 * How much judges of one answer agree: 1 - the mean distance of their scores, over all pairs; 1 where all say the same,
 * undefined for fewer than two. Scores are from 0 to 1. O(n log n).
 */
export function measureAgreement(scores: readonly number[]): number | undefined {
  const count = scores.length;
  if (count < 2) return undefined;
  const sorted = [...scores].sort((left, right) => left - right);
  const distances = sorted.reduce((sum, score, index) => sum + score * (2 * index - count + 1), 0);
  return Math.min(1, Math.max(0, 1 - distances / ((count * (count - 1)) / 2)));
}

/** Strong from 0.8, moderate from 0.6, weak from 0.4. */
export function toAgreementBand(agreement: number): AgreementBand {
  const rounded = roundScore(agreement);
  if (rounded >= 0.8) return "strong";
  if (rounded >= 0.6) return "moderate";
  return rounded >= 0.4 ? "weak" : "none";
}

/** A warning where judges do not agree: their mean says little of the answer then. */
export function describeDisagreement(agreement: number): readonly string[] {
  const rounded = roundScore(agreement);
  if (rounded >= leastAgreement) return [];
  return [`the judges' agreement is ${toAgreementBand(agreement)} (${rounded}); read what each of them says`];
}
