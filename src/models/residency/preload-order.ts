export type PreloadStrategy = "sequential" | "frequency" | "recency" | "size";

/** A model that may be loaded at start, and what is known of its past. */
export type PreloadCandidate = {
  readonly bytes: number;
  readonly uses: number;
  readonly lastUsedAtMs?: number;
};

const bytesPerMb = 1e6;

/**
 * First who is loaded first: the highest score, and of equals the one that stands first. Scores: sequential the
 * position, frequency 10 · uses, recency 1000 − age in s (500 where unknown), size 5000 − MB.
 */
export function orderPreloads<One extends PreloadCandidate>(
  candidates: readonly One[],
  strategy: PreloadStrategy,
  nowMs: number,
): readonly One[] {
  const score = scores[strategy];
  return [...candidates].sort((a, b) => score(b, nowMs) - score(a, nowMs));
}

/** The sort is stable, so equal scores leave positions as they are. */
const scores: Readonly<Record<PreloadStrategy, (one: PreloadCandidate, nowMs: number) => number>> = {
  sequential: () => 0,
  frequency: (one) => 10 * one.uses,
  recency: (one, nowMs) => (one.lastUsedAtMs === undefined ? 500 : 1000 - (nowMs - one.lastUsedAtMs) / 1000),
  size: (one) => 5000 - one.bytes / bytesPerMb,
};
