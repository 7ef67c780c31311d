/** Reports as they are sent and written to files. */
import type { JsonObject, JsonValue } from "../../contract/index.ts";
import type { Run } from "../runs/run.ts";
import type { ModelComparison } from "./comparison.ts";
import type { ComparisonReport } from "./comparison-runs.ts";
import { toOutcomeBody } from "./outcome-body.ts";
import type { Suite } from "./suite.ts";
import type { CaseReport, SuiteReport } from "./suite-report.ts";
import type { JudgeReport } from "./suites.ts";
import type { Estimate, Summary } from "./summary.ts";

/** Changes with every change of what is computed, so that stored reports can be told from later ones. */
const definitionVersion = "suite-1";

export function toRunSummary(run: Run): JsonObject {
  const { id, kind, name, model, status, error, createdAtMs, updatedAtMs } = run;
  return {
    ...{ id, kind, name, model, status },
    ...(error && { error: { ...error } }),
    created_at: new Date(createdAtMs).toISOString(),
    updated_at: new Date(updatedAtMs).toISOString(),
  };
}

export function toSuiteReportBody({ run, spec, summary, result, drift, cases }: SuiteReport): JsonObject {
  const { suite, seed, model, judgeModel } = spec;
  return {
    ...toRunSummary(run),
    ...(model && { model_digest: model.digest }),
    ...(judgeModel && { judge_model: judgeModel.id, judge_model_digest: judgeModel.digest }),
    ...{ seed, definition_version: definitionVersion },
    ...{ verdict: result.verdict, reasons: result.reasons, bar: toBarBody(suite.bar) },
    summary: toSummaryBody(summary),
    drift,
    cases: cases.map(toCaseBody),
  };
}

function toBarBody({ passRate, minScore, maxWarnings, maxUnjudged }: Suite["bar"]): JsonObject {
  return {
    pass_rate: passRate,
    ...(minScore !== undefined && { min_score: minScore }),
    ...(maxWarnings !== undefined && { max_warnings: maxWarnings }),
    max_unjudged: maxUnjudged,
  };
}

function toSummaryBody(summary: Summary): JsonObject {
  const { passRate, score, judges, durationMs, promptTokens, completionTokens, ...counts } = summary;
  return {
    ...counts,
    ...{ pass_rate: toEstimateBody(passRate), score: toEstimateBody(score) },
    judges: judges.map((judge) => ({ ...judge })),
    duration_ms: durationMs,
    usage: { prompt_tokens: promptTokens, completion_tokens: completionTokens },
  };
}

export function toEstimateBody(estimate: Estimate): JsonObject {
  return estimate.scored ? toMeasured(estimate) : { unscored: estimate.reason };
}

function toMeasured({ value, low, high, level, units }: Extract<Estimate, { scored: true }>): JsonObject {
  return { value, low, high, level, units };
}

function toCaseBody({ name, verdict, passShare, score, consistency, outcomes }: CaseReport): JsonValue {
  return {
    ...{ name, verdict },
    ...(passShare !== undefined && { pass_share: passShare }),
    ...(score !== undefined && { score }),
    ...(consistency && { consistency }),
    answers: outcomes.map(toOutcomeBody),
  };
}

export function toComparisonBody({ run, comparison, reports, preferences }: ComparisonReport): JsonObject {
  const { ranking, pairs, recommendation } = comparison;
  return {
    ...toRunSummary(run),
    recommendation: recommendation.model ?? null,
    reason: recommendation.reason,
    ranking: ranking.map(({ model, score, passRate }) => ({
      model,
      ...(score !== undefined && { score }),
      ...(passRate !== undefined && { pass_rate: passRate }),
    })),
    comparisons: pairs.map(toPairBody),
    ...(preferences.length > 0 && { preferences: preferences.map((preference) => ({ ...preference })) }),
    runs: reports.map(toSuiteReportBody),
  };
}

function toPairBody({ paired, ...counts }: ModelComparison): JsonObject {
  if (!paired) return counts;
  const { difference, isDifferent, interval } = paired;
  return { ...counts, difference, is_different: isDifferent, interval: { ...interval } };
}

export function toReportBody(report: JudgeReport): JsonObject {
  return report.kind === "suite" ? toSuiteReportBody(report) : toComparisonBody(report);
}
