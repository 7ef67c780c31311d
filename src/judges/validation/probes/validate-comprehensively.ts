import { askModel, type ModelAnswer, userMessage } from "../../ask-model.ts";
import type { JudgeDeps } from "../../deps.ts";
import { findModel } from "../../find-model.ts";
import type { JudgedText, Judgement } from "../judgement.ts";
import { defaultJudgeConfig, type JudgeConfig } from "./judge-config.ts";
import { type ConsistencyOptions, measureConsistency } from "./measure-consistency.ts";
import { failUnreachable, type ProbeResult } from "./probe-result.ts";
import { type ProbeDeps, probeResponsiveness } from "./responsiveness.ts";
import { checkToolCalls } from "./tool-calls.ts";
import type { ToolScenario } from "./tool-scenario.ts";
import { withRetries } from "./with-retries.ts";

export const defaultQualityPrompt = "explain AI";
const maxQualityTokens = 1_024;

/** Judges one answer of the model by the criteria that the caller has. */
export type JudgeQuality = (
  answer: JudgedText,
  options: { readonly signal: AbortSignal; readonly answeredBy: string; readonly retryCount: number },
) => Promise<Judgement>;

/** What was judged of the answer beside the probe's own fields. */
export type QualityResult = ProbeResult & { readonly judgement?: Judgement; readonly response?: string };

export type ComprehensiveOptions = {
  /** Absent: the first that is configured. Every probe asks it and no other. */
  readonly model?: string;
  readonly qualityPrompt?: string;
  readonly maxTokens?: number;
  readonly thresholdMs?: number;
  /** Absent: tool calls are not probed. */
  readonly scenarios?: readonly ToolScenario[];
  /** Absent: consistency is not probed. */
  readonly consistency?: Omit<ConsistencyOptions, "model" | "config">;
  readonly config?: JudgeConfig;
  readonly judgeQuality: JudgeQuality;
};

/**
 * All probes of one model, in this order: responsiveness, quality, tool calls by scenario, consistency. Throws
 * AppError model_not_found and invalid_request, and the signal's abort.
 */
export async function validateComprehensively(
  deps: ProbeDeps & Pick<JudgeDeps, "plugins" | "embeddingModel">,
  options: ComprehensiveOptions,
  signal: AbortSignal,
): Promise<readonly ProbeResult[]> {
  const { config = defaultJudgeConfig, thresholdMs, scenarios = [], consistency } = options;
  const model = (await findModel(deps, options.model)).id;
  const latency = { model, config, ...(thresholdMs !== undefined && { thresholdMs }) };
  const results: ProbeResult[] = [await probeResponsiveness(deps, latency, signal)];
  results.push(await probeQuality(deps, { ...options, model, config }, signal));
  for (const scenario of scenarios) {
    results.push(await checkToolCalls(deps, scenario, { model, config }, signal));
  }
  if (consistency) results.push(await measureConsistency(deps, { ...consistency, model, config }, signal));
  return results;
}

type QualityOptions = ComprehensiveOptions & { readonly model: string; readonly config: JudgeConfig };

async function probeQuality(
  deps: ProbeDeps,
  { model, config, judgeQuality, ...options }: QualityOptions,
  signal: AbortSignal,
): Promise<QualityResult> {
  const { qualityPrompt: prompt = defaultQualityPrompt, maxTokens = maxQualityTokens } = options;
  const name = "quality";
  const question = { model, messages: userMessage(prompt), maxTokens, sampling: { temperature: 0, seed: 1 } };
  const ask = (attemptSignal: AbortSignal): Promise<ModelAnswer> => askModel(deps, question, attemptSignal);
  const retried = await withRetries(deps, config, ask, signal);
  if (!retried.ok) return failUnreachable(name, model, retried);
  const { value, retryCount, durationMs, attempts } = retried;
  const response = value.text;
  const judgement = await judgeQuality({ prompt, response }, { signal, answeredBy: model, retryCount });
  const { verdict, message, violations, unscored, suggestions } = judgement;
  return {
    ...{ name, verdict, message, violations, unscored, suggestions, durationMs, judgement, response },
    metrics: { ...toMetrics(judgement), retry_count: retryCount },
    ...(attempts && { attempts }),
  };
}

function toMetrics({ score, metrics }: Judgement): Readonly<Record<string, number>> {
  const { coherenceScore, relevanceScore } = metrics;
  return {
    ...metrics.customMetrics,
    response_length: metrics.responseLength,
    ...(score !== undefined && { score }),
    ...(coherenceScore !== undefined && { coherence_score: coherenceScore }),
    ...(relevanceScore !== undefined && { relevance_score: relevanceScore }),
  };
}
