import { AppError } from "../../base/index.ts";
import { createRandom } from "../statistics/random.ts";
import type { Accuracy, BarReport, CalibrationReport } from "./calibration-report.ts";
import { isBelow } from "./gate.ts";
import { type BarName, type Bars, barNames } from "./thresholds.ts";

/** Of each class; the half that bars are chosen on has to say something of both. */
const leastOfAClass = 10;

/** An answer that was labelled, and what it measures. */
export type MeasuredExample = {
  readonly passed: boolean;
  readonly measures: Readonly<Record<BarName, number>>;
};

/**
 * Chooses each bar by Youden's J (1950), true positive rate − false positive rate at its greatest, on one half of the
 * examples, and tells how the bars do on the other. Throws AppError invalid_request for fewer than 10 of either class,
 * and where no measure tells the classes apart.
 */
export function chooseBars(
  examples: readonly MeasuredExample[],
  seed: number,
): { readonly bars: Partial<Bars>; readonly report: CalibrationReport } {
  const passed = examples.filter((example) => example.passed);
  const failed = examples.filter((example) => !example.passed);
  checkCounts(passed.length, failed.length);
  const random = createRandom(seed);
  const [passedTrain, passedHeldOut] = halve(passed, random);
  const [failedTrain, failedHeldOut] = halve(failed, random);
  const train = [...passedTrain, ...failedTrain];
  const heldOut = [...passedHeldOut, ...failedHeldOut];
  const reports = barNames.map((measure) => reportBar(measure, train, heldOut));
  const bars: Partial<Bars> = Object.fromEntries(
    reports.flatMap(({ measure, threshold }) => (threshold === undefined ? [] : [[measure, threshold]])),
  );
  if (Object.keys(bars).length === 0) {
    throw new AppError(
      "invalid_request",
      "no measure is lower for the answers that pass than for those that fail; check the labels, or judge this model's answers by something else",
    );
  }
  const counts = { passed: passed.length, failed: failed.length, seed };
  const accuracies = { train: assess(train, bars), heldOut: assess(heldOut, bars) };
  return { bars, report: { ...counts, bars: reports, ...accuracies } };
}

function checkCounts(passed: number, failed: number): void {
  if (passed >= leastOfAClass && failed >= leastOfAClass) return;
  throw new AppError(
    "invalid_request",
    `examples: ${passed} pass and ${failed} fail; calibration needs at least ${leastOfAClass} of each`,
    { details: { param: "examples", passed, failed, needed: leastOfAClass } },
  );
}

/** Two halves drawn at random, the first the greater. */
function halve<T>(items: readonly T[], random: () => number): readonly [readonly T[], readonly T[]] {
  const drawn = items
    .map((item) => ({ item, order: random() }))
    .sort((left, right) => left.order - right.order)
    .map(({ item }) => item);
  const middle = Math.ceil(drawn.length / 2);
  return [drawn.slice(0, middle), drawn.slice(middle)];
}

function reportBar(
  measure: BarName,
  train: readonly MeasuredExample[],
  heldOut: readonly MeasuredExample[],
): BarReport {
  const { threshold, youden } = chooseBar(toValues(train, measure));
  return {
    measure,
    youden,
    ...(threshold !== undefined && { threshold }),
    auc: { train: aucOf(toValues(train, measure)), heldOut: aucOf(toValues(heldOut, measure)) },
  };
}

type Labelled = { readonly value: number; readonly passed: boolean };

function toValues(examples: readonly MeasuredExample[], measure: BarName): readonly Labelled[] {
  return examples.map(({ measures, passed }) => ({ value: measures[measure], passed }));
}

/**
 * The bar between two neighbouring values at which J = TPR − FPR is greatest, the first of equals; none where no bar
 * has a J above 0. Labelled by hand: passes 1, 2, 4 and fails 3, 5 give 2.5 with J = 2/3.
 */
export function chooseBar(values: readonly Labelled[]): { threshold?: number; youden: number } {
  const sorted = values.toSorted((left, right) => left.value - right.value);
  const positives = values.filter(({ passed }) => passed).length;
  const negatives = values.length - positives;
  let best: { threshold?: number; youden: number } = { youden: 0 };
  let truePositives = 0;
  let falsePositives = 0;
  for (const [i, { value, passed }] of sorted.entries()) {
    if (passed) truePositives += 1;
    else falsePositives += 1;
    const next = sorted[i + 1]?.value;
    if (next === undefined) break;
    const threshold = (value + next) / 2;
    const youden = truePositives / positives - falsePositives / negatives;
    if (isBelow(value, threshold) && !isBelow(next, threshold) && youden > best.youden) {
      best = { threshold, youden };
    }
  }
  return best;
}

/** Mann–Whitney: the share of pairs of a passing and a failing answer in which the first measures lower; ties half. */
export function aucOf(values: readonly Labelled[]): number {
  const passed = values.filter((entry) => entry.passed);
  const failed = values.filter((entry) => !entry.passed);
  let lower = 0;
  for (const left of passed) {
    for (const right of failed) {
      if (left.value < right.value) lower += 1;
      else if (left.value === right.value) lower += 0.5;
    }
  }
  return lower / (passed.length * failed.length);
}

function assess(examples: readonly MeasuredExample[], bars: Partial<Bars>): Accuracy {
  const isLetThrough = ({ measures }: MeasuredExample) =>
    barNames.every((name) => {
      const threshold = bars[name];
      return threshold === undefined || isBelow(measures[name], threshold);
    });
  const letThrough = examples.filter(isLetThrough);
  const truePositives = letThrough.filter(({ passed }) => passed).length;
  const positives = examples.filter(({ passed }) => passed).length;
  const trueNegatives = examples.length - positives - (letThrough.length - truePositives);
  return {
    examples: examples.length,
    accuracy: (truePositives + trueNegatives) / examples.length,
    ...(letThrough.length > 0 && { precision: truePositives / letThrough.length }),
    recall: truePositives / positives,
  };
}
