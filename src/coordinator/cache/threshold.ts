import { upperBound } from "./binomial-bound.ts";
import { leastSimilarity } from "./sign-bits.ts";

/** How alike questions must be where nothing was learnt. */
export const defaultThreshold = 0.95;
const level = 0.95;
const gridSteps = 40;

/** Whether a stored answer was right for a question that is so alike to its own. */
export type MatchLabel = { readonly similarity: number; readonly isRight: boolean };

export type Threshold = {
  /** Above 1 nothing is served by meaning. */
  readonly value: number;
  /** `start`: too little is known; `proven`: the bound is kept there; `raised`: below it too many were wrong. */
  readonly basis: "start" | "proven" | "raised" | "closed";
  readonly labels: number;
};

/** How many labels without a wrong one prove a bound: 299 for 0.01. */
export function labelsNeeded(maxWrongShare: number): number {
  return maxWrongShare <= 0
    ? Number.POSITIVE_INFINITY
    : Math.ceil(Math.log(1 - level) / Math.log1p(-maxWrongShare));
}

/**
 * The lowest threshold at and above which no more than `maxWrongShare` of what is served is wrong, with 95 % confidence:
 * thresholds are tested from strict to lax, from the first that has labels enough, until the exact upper bound of the
 * wrong share exceeds what is allowed (fixed-sequence testing: Angelopoulos et al. 2021, "Learn then Test", 4.1), so that
 * testing many needs no correction. Looking again at each of 2,000 labels is not corrected for: a share of 1.01 % is then
 * taken for 1 % at some time in 16 of 100 cases, and one of 2 % in 3 of 1,000; what comes in later takes that back.
 * Only proof lowers the threshold below `start`; any excess of wrong ones raises it.
 */
export function chooseThreshold(
  labels: readonly MatchLabel[],
  { start, maxWrongShare }: { readonly start: number; readonly maxWrongShare: number },
): Threshold {
  const count = labels.length;
  if (maxWrongShare <= 0) return { value: Number.POSITIVE_INFINITY, basis: "closed", labels: count };
  const proven = findProven(labels, maxWrongShare);
  if (proven !== undefined && proven <= start) return { value: proven, basis: "proven", labels: count };
  if (isWithin(labels, start, maxWrongShare)) return { value: start, basis: "start", labels: count };
  const raised = grid().findLast((value) => value > start && isWithin(labels, value, maxWrongShare));
  if (raised === undefined) return { value: Number.POSITIVE_INFINITY, basis: "closed", labels: count };
  return { value: raised, basis: raised === proven ? "proven" : "raised", labels: count };
}

function findProven(labels: readonly MatchLabel[], maxWrongShare: number): number | undefined {
  const needed = labelsNeeded(maxWrongShare);
  let proven: number | undefined;
  for (const value of grid()) {
    const { wrong, total } = countAbove(labels, value);
    if (total < needed) continue;
    if (upperBound(wrong, total, level) > maxWrongShare) break;
    proven = value;
  }
  return proven;
}

function isWithin(labels: readonly MatchLabel[], value: number, maxWrongShare: number): boolean {
  const { wrong, total } = countAbove(labels, value);
  return wrong <= maxWrongShare * total;
}

/** Labels of what would be served at a threshold. */
export function countAbove(
  labels: readonly MatchLabel[],
  threshold: number,
): { readonly wrong: number; readonly total: number } {
  let [wrong, total] = [0, 0];
  for (const { similarity, isRight } of labels) {
    if (!reaches(similarity, threshold)) continue;
    total += 1;
    if (!isRight) wrong += 1;
  }
  return { wrong, total };
}

/** Compared at 4 decimals. */
export function reaches(similarity: number, threshold: number): boolean {
  return Math.round(similarity * 10_000) >= Math.round(threshold * 10_000);
}

/** Thresholds that are tried, from strict to lax. */
export function grid(): readonly number[] {
  return Array.from({ length: gridSteps + 1 }, (_, step) =>
    Number((1 - (step * (1 - leastSimilarity)) / gridSteps).toFixed(4)),
  );
}
