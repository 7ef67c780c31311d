import { firstSuccessRate } from "../documents/use-attributes.ts";

/** Cormack, Clarke and Büttcher 2009, "Reciprocal rank fusion outperforms Condorcet". */
const rankConstant = 60;
/** The most by which what helped, or did not, changes a value; with the constant above about three places. */
const useWeight = 0.05;
const dayMs = 86_400_000;
/** After so long a text counts half as recent. */
const recencyHalfLifeDays = 30;
/** After so many uses a text counts as half used. */
const halfUsed = 10;

/**
 * Σ 1 / (60 + place) over the lists that a key stands in, places counted from 1, divided by the lists that it could
 * stand in: what has no vector is no worse for that.
 */
export function fuseRanks(
  lists: readonly (readonly number[])[],
  countLists: (key: number) => number,
): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const list of lists)
    for (const [index, key] of list.entries())
      sums.set(key, (sums.get(key) ?? 0) + 1 / (rankConstant + index + 1));
  return new Map([...sums].map(([key, sum]) => [key, sum / Math.max(1, countLists(key))]));
}

export type Use = {
  readonly changedAtMs: number;
  readonly accessCount: number;
  readonly successRate: number;
};

/** What a fused value is worth where answers have rested on the text: up to a twentieth more or less. */
export function weighUse(value: number, { successRate }: Use): number {
  const rate = Math.min(1, Math.max(0, successRate));
  return value * (1 + 2 * useWeight * (rate - firstSuccessRate));
}

/** Order of texts with the same fused value: 0.7 · relevance + 0.2 · recency + 0.1 · usage, each from 0 to 1. */
export function breakTie(relevance: number, { changedAtMs, accessCount }: Use, nowMs: number): number {
  const ageDays = Math.max(0, nowMs - changedAtMs) / dayMs;
  const recency = 2 ** (-ageDays / recencyHalfLifeDays);
  const used = Math.max(0, accessCount);
  return 0.7 * relevance + 0.2 * recency + 0.1 * (used / (used + halfUsed));
}
