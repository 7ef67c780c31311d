import type { BarName } from "./thresholds.ts";

/** How well a rule tells answers that pass from those that fail; passing is the positive class. */
export type Accuracy = {
  readonly examples: number;
  readonly accuracy: number;
  /** Of the answers that the rule passes, how many should; absent where it passes none. */
  readonly precision?: number;
  /** Of the answers that should pass, how many the rule passes. */
  readonly recall: number;
};

export type BarReport = {
  readonly measure: BarName;
  /** Absent: no bar does better than none at all, so the measure gates nothing. */
  readonly threshold?: number;
  /** Youden's J of the bar on the examples it was chosen on. */
  readonly youden: number;
  /** Chance that an answer that passes measures lower than one that fails: 0.5 tells nothing. */
  readonly auc: { readonly train: number; readonly heldOut: number };
};

/** What calibrated bars rest on. The held-out half took no part in choosing them. */
export type CalibrationReport = {
  readonly passed: number;
  readonly failed: number;
  readonly seed: number;
  readonly bars: readonly BarReport[];
  readonly train: Accuracy;
  readonly heldOut: Accuracy;
};
