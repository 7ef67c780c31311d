/** Wire forms of what texts and calibrations come to. */

import type { Calibration } from "./calibrate.ts";
import type { Accuracy } from "./calibration-report.ts";
import type { TextScore } from "./score-text.ts";
import { toThresholdValues } from "./trajectory-body.ts";

export function toTextScoreBody(score: TextScore) {
  return {
    model: score.model,
    model_digest: score.modelDigest,
    perplexity: Number.isFinite(score.perplexity) ? score.perplexity : null,
    standard_error: score.standardError ?? null,
    tokens: score.textTokens,
    scored_tokens: score.scoredTokens,
    windows: score.windows,
    window_tokens: score.windowTokens,
    short: score.isShort,
  };
}

export function toCalibrationBody({ model, modelDigest, bars, report, createdAtMs }: Calibration) {
  return {
    model,
    model_digest: modelDigest,
    timestamp: new Date(createdAtMs).toISOString(),
    thresholds: toThresholdValues(bars),
    passed: report.passed,
    failed: report.failed,
    seed: report.seed,
    measures: report.bars.map(({ measure, threshold, youden, auc }) => ({
      ...{ measure, threshold: threshold ?? null, youden },
      auc: { train: auc.train, held_out: auc.heldOut },
    })),
    train: toAccuracyBody(report.train),
    held_out: toAccuracyBody(report.heldOut),
  };
}

function toAccuracyBody({ examples, accuracy, precision, recall }: Accuracy) {
  return { examples, accuracy, precision: precision ?? null, recall };
}
