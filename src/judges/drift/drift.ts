import { AppError } from "../../base/index.ts";
import type { JsonValue } from "../../contract/index.ts";
import { type AdwinChange, detectAdwin } from "./adwin.ts";
import { type Anomaly, type AnomalyBounds, detectAnomaly } from "./anomaly.ts";
import { detectLegacyDrift, type LegacyDrift } from "./legacy-drift.ts";
import {
  detectPageHinkley,
  type PageHinkleyAlarms,
  type PageHinkleyOptions,
  pageHinkleySamples,
} from "./page-hinkley.ts";

/** Scores that are searched at once. */
export const maxDriftScores = 100_000;

export type DriftOptions = {
  /** Difference of means that the legacy rule calls drift. */
  readonly threshold?: number;
  readonly pageHinkley?: Partial<PageHinkleyOptions>;
  readonly adwinDelta?: number;
  readonly anomaly?: AnomalyBounds;
};

/** What each detector found, by itself: none overrides another. Indices count from the oldest score. */
export type DriftReport = {
  readonly samples: number;
  readonly legacy: LegacyDrift;
  readonly pageHinkley: PageHinkleyAlarms;
  readonly adwin: readonly AdwinChange[];
  readonly anomaly: Anomaly;
};

/** `scores` from 0 to 1, the oldest first, scored ones alone. Throws AppError invalid_request naming a wrong one. */
export function detectDrift(scores: readonly number[], options: DriftOptions = {}): DriftReport {
  if (scores.length > maxDriftScores)
    throw new AppError(
      "invalid_request",
      `scores: ${scores.length} are given; ${maxDriftScores} is the most`,
    );
  for (const [index, score] of scores.entries()) checkScore(score, `scores.${index}`);
  return {
    samples: scores.length,
    legacy: detectLegacyDrift(scores, options.threshold),
    pageHinkley: detectPageHinkley(scores, options.pageHinkley),
    adwin: detectAdwin(scores, options.adwinDelta),
    anomaly: detectAnomaly(scores, options.anomaly),
  };
}

export function checkScore(score: number, path: string): void {
  if (score >= 0 && score <= 1) return;
  throw new AppError("invalid_request", `${path}: ${score} is no score from 0 to 1`);
}

/** The report in the names of the wire. */
export function toDriftBody({ samples, legacy, pageHinkley, adwin, anomaly }: DriftReport): JsonValue {
  const { means, stats, isDrift, threshold } = legacy;
  return {
    samples,
    legacy_drift: {
      ...{ drift: isDrift, threshold },
      ...(means && { recent_mean: means.recent, historical_mean: means.historical }),
      ...stats,
    },
    page_hinkley: {
      ...{ drop: pageHinkley.drop !== undefined, rise: pageHinkley.rise !== undefined },
      ...(pageHinkley.drop !== undefined && { drop_at: pageHinkley.drop }),
      ...(pageHinkley.rise !== undefined && { rise_at: pageHinkley.rise }),
      enough_samples: samples >= pageHinkleySamples,
    },
    adwin: { drift: adwin.length > 0, changes: adwin },
    anomaly: anomaly.scored
      ? { level: anomaly.level, z: anomaly.z }
      : { level: "unscored", reason: anomaly.reason },
  };
}
