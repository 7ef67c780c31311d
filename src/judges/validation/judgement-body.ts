import type { JsonObject } from "../../contract/index.ts";
import type { Verdict } from "../verdict.ts";
import { toAgreementBand } from "./ensemble-agreement.ts";
import type { Judgement, Opinion, ValidationMetrics } from "./judgement.ts";

/** Changes with every change of what is computed, so that stored judgements can be told from later ones. */
const definitionVersion = "judgement-1";

const results: Readonly<Record<Verdict, string>> = {
  pass: "Success",
  warn: "Warning",
  fail: "Failure",
  abstain: "Warning",
};

/**
 * The judgement in the names of the wire, with the triple of promptfoo: `pass` is false for failures, and where nothing
 * could be judged. `duration` is in milliseconds.
 */
export function toJudgementBody(judgement: Judgement): JsonObject {
  const { verdict, message, score, violations, factualAccuracy } = judgement;
  const failures = violations.filter(({ severity }) => severity === "failure");
  const { ensemble_agreement: agreement } = judgement.metrics.customMetrics;
  return {
    ...{ result: results[verdict], verdict, message },
    ...{ reason: message, score: score ?? null, pass: verdict === "pass" || verdict === "warn" },
    ...(failures.length > 0 && { error_details: failures.map((failure) => failure.message).join("; ") }),
    violations: violations.map((violation) => ({ ...violation })),
    unscored: judgement.unscored.map((entry) => ({ ...entry })),
    suggestions: judgement.suggestions,
    ...(factualAccuracy && { factual_accuracy: factualAccuracy }),
    ...(agreement !== undefined && { agreement: toAgreementBand(agreement) }),
    metrics: toMetricsBody(judgement.metrics),
    opinions: judgement.opinions.map(toOpinionBody),
    ...{ warnings: judgement.warnings, definition_version: definitionVersion },
  };
}

function toMetricsBody(metrics: ValidationMetrics): JsonObject {
  const { coherenceScore, relevanceScore, successRate } = metrics;
  return {
    duration: metrics.durationMs,
    retry_count: metrics.retryCount,
    response_length: metrics.responseLength,
    ...(coherenceScore !== undefined && { coherence_score: coherenceScore }),
    ...(relevanceScore !== undefined && { relevance_score: relevanceScore }),
    ...(successRate !== undefined && { success_rate: successRate }),
    custom_metrics: metrics.customMetrics,
  };
}

function toOpinionBody({ score, threshold, ...opinion }: Opinion): JsonObject {
  return {
    ...opinion,
    ...(score !== undefined && { score }),
    ...(threshold !== undefined && { threshold }),
  };
}
