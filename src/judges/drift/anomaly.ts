import { mean, sampleDeviation } from "../statistics/descriptive.ts";
import { roundScore } from "../verdict.ts";

export const anomalyWindow = 1_000;
/** Scores before the last one that its deviation is taken from. */
export const anomalySamples = 20;
export const defaultAnomalyBounds: AnomalyBounds = { warn: 2, critical: 3 };
/** Scores count to four decimals: scores that were all alike may still have differed by as much. */
const smallestDeviation = 1e-4;

export type AnomalyBounds = { readonly warn: number; readonly critical: number };

export type Anomaly =
  | { readonly scored: true; readonly z: number; readonly level: "none" | "warn" | "critical" }
  | { readonly scored: false; readonly reason: string };

/** How many deviations the last score lies from the mean of up to 1,000 before it, which it takes no part in. */
export function detectAnomaly(
  scores: readonly number[],
  { warn, critical }: AnomalyBounds = defaultAnomalyBounds,
): Anomaly {
  const last = scores.at(-1);
  const before = scores.slice(-1 - anomalyWindow, -1);
  if (last === undefined || before.length < anomalySamples)
    return { scored: false, reason: `${anomalySamples} scores are needed before the last one` };
  const deviation = Math.max(sampleDeviation(before) ?? 0, smallestDeviation);
  const z = roundScore((last - mean(before)) / deviation);
  const distance = Math.abs(z);
  return { scored: true, z, level: distance >= critical ? "critical" : distance >= warn ? "warn" : "none" };
}
