export type PageHinkleyOptions = {
  /** Changes that are too small to matter. */
  readonly delta: number;
  /** What is kept of the sum at each score. */
  readonly alpha: number;
  /** Where the sum alarms. The usual 50 is for unbounded values: scores could not reach it within 50 of them. */
  readonly lambda: number;
};

export const defaultPageHinkley: PageHinkleyOptions = { delta: 0.005, alpha: 0.9999, lambda: 2 };
export const pageHinkleySamples = 30;

/** Index of the score at which each first alarmed; absent where it did not. */
export type PageHinkleyAlarms = { readonly drop?: number; readonly rise?: number };

/**
 * Page's test (1954) with Hinkley's mean, both ways: for a drop S_t = α·S_{t−1} + (x̄_t − x_t − δ), which alarms where
 * S_t − min S > λ; mirrored for a rise. Silent for the first 29 scores.
 */
export function detectPageHinkley(
  scores: readonly number[],
  options: Partial<PageHinkleyOptions> = {},
): PageHinkleyAlarms {
  const drop = findAlarm(scores, 1, { ...defaultPageHinkley, ...options });
  const rise = findAlarm(scores, -1, { ...defaultPageHinkley, ...options });
  return { ...(drop !== undefined && { drop }), ...(rise !== undefined && { rise }) };
}

function findAlarm(
  scores: readonly number[],
  direction: 1 | -1,
  { delta, alpha, lambda }: PageHinkleyOptions,
): number | undefined {
  let mean = 0;
  let sum = 0;
  let lowest = 0;
  for (const [index, score] of scores.entries()) {
    mean += (score - mean) / (index + 1);
    sum = alpha * sum + direction * (mean - score) - delta;
    lowest = Math.min(lowest, sum);
    if (index + 1 >= pageHinkleySamples && sum - lowest > lambda) return index;
  }
  return undefined;
}
