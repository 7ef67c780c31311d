import { mean, populationDeviation } from "../statistics/descriptive.ts";
import { roundScore } from "../verdict.ts";

export const defaultDriftThreshold = 0.1;
export const legacyDriftSamples = 20;
const recentSamples = 10;

export type SeriesStats = {
  readonly count: number;
  readonly mean: number;
  /** With n below. */
  readonly std: number;
  readonly min: number;
  readonly max: number;
};

export type LegacyDrift = {
  readonly isDrift: boolean;
  readonly threshold: number;
  /** Mean of the last 10, and of all before them; absent below 20 scores. */
  readonly means?: { readonly recent: number; readonly historical: number };
  /** Absent for no scores. */
  readonly stats?: SeriesStats;
};

/** `legacy_drift`: the last 10 scores against all before them; drift where the means differ by more than `threshold`. */
export function detectLegacyDrift(
  scores: readonly number[],
  threshold: number = defaultDriftThreshold,
): LegacyDrift {
  const stats = scores.length > 0 && { stats: describeSeries(scores) };
  if (scores.length < legacyDriftSamples) return { isDrift: false, threshold, ...stats };
  const recent = mean(scores.slice(-recentSamples));
  const historical = mean(scores.slice(0, -recentSamples));
  const isDrift = roundScore(Math.abs(recent - historical)) > threshold;
  return { isDrift, threshold, means: { recent, historical }, ...stats };
}

function describeSeries(scores: readonly number[]): SeriesStats {
  return {
    ...{ count: scores.length, mean: mean(scores), std: populationDeviation(scores) },
    ...{ min: scores.reduce((a, b) => Math.min(a, b)), max: scores.reduce((a, b) => Math.max(a, b)) },
  };
}
