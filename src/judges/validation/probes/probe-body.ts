import type { JsonObject } from "../../../contract/index.ts";
import type { Score } from "../../statistics/score.ts";
import { toJudgementBody } from "../judgement-body.ts";
import type { PromptConsistency } from "./consistency-summary.ts";
import type { ConsistencyResult } from "./measure-consistency.ts";
import type { ProbeResult } from "./probe-result.ts";
import type { QualityResult } from "./validate-comprehensively.ts";
import type { Attempt } from "./with-retries.ts";

/** A probe's result by the names of the wire, with the triple {reason, score, pass}; durations are in milliseconds. */
export function toProbeBody(result: ProbeResult | ConsistencyResult | QualityResult): JsonObject {
  const { name, verdict, message, metrics, attempts } = result;
  return {
    ...{ name, verdict, message, reason: message, score: findScore(result) ?? null },
    pass: verdict === "pass" || verdict === "warn",
    violations: result.violations.map((violation) => ({ ...violation })),
    unscored: result.unscored.map((entry) => ({ ...entry })),
    suggestions: result.suggestions,
    ...{ metrics: { duration: result.durationMs, ...metrics } },
    ...(attempts && { attempts: attempts.map(toAttemptBody) }),
    ...("prompts" in result && { prompts: result.prompts.map(toPromptBody) }),
    ...("judgement" in result && result.judgement && { judgement: toJudgementBody(result.judgement) }),
    ...("response" in result && result.response !== undefined && { response: result.response }),
  };
}

function findScore({ metrics }: ProbeResult): number | undefined {
  return metrics.score ?? metrics.consistency;
}

function toAttemptBody({ durationMs, error, delayMs }: Attempt): JsonObject {
  return {
    duration: durationMs,
    ...(error && { error: { ...error } }),
    ...(delayMs !== undefined && { delay: delayMs }),
  };
}

function toPromptBody({
  prompt,
  attempted,
  answered,
  errors,
  score,
  measures,
  ...rest
}: PromptConsistency): JsonObject {
  return {
    ...{
      prompt,
      attempted,
      answered: answered.length,
      answers: answered,
      errors,
      retry_count: rest.retryCount,
    },
    ...(rest.latencyMs !== undefined && { latency_ms: rest.latencyMs }),
    score: toScoreBody(score),
    ...(measures && {
      embedder: measures.embedder,
      consistency: toScoreBody(measures.consistency),
      legacy_C: toScoreBody(measures.legacyC),
      ...(measures.legacyBand && { legacy_band: measures.legacyBand }),
      exact_match: toScoreBody(measures.exactMatch),
      majority_rate: toScoreBody(measures.majority),
    }),
  };
}

function toScoreBody(score: Score): number | JsonObject {
  return score.scored ? score.value : { unscored: score.reason };
}
