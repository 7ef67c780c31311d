import { roundScore } from "../verdict.ts";
import type { Measures } from "./measures.ts";
import { areCalibrated, type BarName, barNames, type Thresholds } from "./thresholds.ts";

type GateReason = {
  readonly measure: BarName;
  readonly observed: number;
  /** The measure has to be below it. */
  readonly threshold: number;
};

/** `isAdvisory`: the bars were not calibrated for this model, so the gate says something and decides nothing. */
export type Gate =
  | { readonly status: "passed"; readonly isAdvisory: boolean }
  | { readonly status: "failed"; readonly reasons: readonly GateReason[]; readonly isAdvisory: boolean }
  | { readonly status: "unavailable"; readonly why: string };

/** Every bar on its own: perplexity AND entropy statistic AND surprise rate have to be below theirs. */
export function judgeMeasures(measures: Measures, thresholds: Thresholds): Gate {
  const observed: Readonly<Record<BarName, number>> = {
    perplexity: measures.perplexity,
    entropy: measures.entropyStatistic,
    surprise: measures.surpriseRate,
  };
  const reasons = barNames.flatMap((measure): readonly GateReason[] => {
    const threshold = thresholds.bars[measure];
    if (threshold === undefined || isBelow(observed[measure], threshold)) return [];
    return [{ measure, observed: observed[measure], threshold }];
  });
  const isAdvisory = !areCalibrated(thresholds);
  return reasons.length === 0 ? { status: "passed", isAdvisory } : { status: "failed", reasons, isAdvisory };
}

/** The comparison of every bar, in calibration too. */
export function isBelow(observed: number, threshold: number): boolean {
  return roundScore(observed) < roundScore(threshold);
}
