export const defaultAdwinDelta = 0.002;
/** Scores of the window at most; the oldest leaves. */
export const adwinWindow = 100;

export type AdwinChange = {
  /** Index of the score with which it showed. */
  readonly at: number;
  readonly direction: "drop" | "rise";
};

/**
 * ADWIN (Bifet and Gavaldà 2007): after each score the window loses its oldest ones while any cut splits it into parts
 * whose means differ by more than ε = √(2/m · σ² · ln(2/δ′)) + 2/(3m) · ln(2/δ′), where 1/m = 1/n₀ + 1/n₁ and
 * δ′ = δ / ln n. Scores from 0 to 1. All cuts are tried: a window this short needs no buckets. One change shows with
 * many scores and is told once. Of 50 scores against 50 it finds a difference of about 0.5, of fewer a larger one.
 */
export function detectAdwin(
  scores: readonly number[],
  delta: number = defaultAdwinDelta,
): readonly AdwinChange[] {
  const changes: AdwinChange[] = [];
  let start = 0;
  for (let end = 1; end <= scores.length; end++) {
    start = Math.max(start, end - adwinWindow);
    const direction = findCut(scores, start, end, delta);
    if (!direction) continue;
    if (changes.at(-1)?.direction !== direction) changes.push({ at: end - 1, direction });
    do start++;
    while (findCut(scores, start, end, delta));
  }
  return changes;
}

/** Which way the scores from `start` to before `end` changed, by the cut whose means are furthest beyond its ε. */
function findCut(
  scores: readonly number[],
  start: number,
  end: number,
  delta: number,
): AdwinChange["direction"] | undefined {
  const count = end - start;
  if (count < 2) return undefined;
  const total = sumBetween(scores, start, end);
  const variance = varianceBetween(scores, start, end, total / count);
  const doubt = Math.log((2 * Math.log(count)) / delta);
  let furthest = 0;
  let direction: AdwinChange["direction"] | undefined;
  let before = 0;
  for (let size = 1; size < count; size++) {
    before += scores[start + size - 1] ?? 0;
    const change = (total - before) / (count - size) - before / size;
    const inverse = 1 / size + 1 / (count - size);
    const excess = Math.abs(change) - Math.sqrt(2 * inverse * variance * doubt) - (2 / 3) * inverse * doubt;
    if (excess <= furthest) continue;
    furthest = excess;
    direction = change < 0 ? "drop" : "rise";
  }
  return direction;
}

function sumBetween(scores: readonly number[], start: number, end: number): number {
  let total = 0;
  for (let index = start; index < end; index++) total += scores[index] ?? 0;
  return total;
}

function varianceBetween(scores: readonly number[], start: number, end: number, mean: number): number {
  let squares = 0;
  for (let index = start; index < end; index++) squares += ((scores[index] ?? 0) - mean) ** 2;
  return squares / (end - start);
}
