import type { AnswerConsistency } from "../../consistency/answer-consistency.ts";
import { meanOfPrompts, type Score } from "../../consistency/consistency.ts";
import { roundScore, type Unscored, type Violation } from "../../verdict.ts";
import { concludeProbe, type ProbeResult } from "./probe-result.ts";
import { defaultLatencyMs } from "./responsiveness.ts";

const name = "consistency";

export type ConsistencyLimits = {
  /** Least agreement of the answers to one prompt. */
  readonly consistency: number;
  /** Longest that an answer may take on the mean. */
  readonly latencyMs: number;
  /** Least share of attempts that are answered. */
  readonly successRate: number;
};

/** What fixed prompts that are asked again and again are held to. */
export const defaultConsistencyLimits: ConsistencyLimits = {
  consistency: 0.8,
  latencyMs: defaultLatencyMs,
  successRate: 0.8,
};

export type PromptConsistency = {
  readonly prompt: string;
  readonly attempted: number;
  readonly answered: readonly string[];
  readonly errors: readonly string[];
  readonly retryCount: number;
  /** Mean of the answers that came; absent where none did. */
  readonly latencyMs?: number;
  /** By the measure of the kind. */
  readonly score: Score;
  readonly measures?: AnswerConsistency;
};

export type ConsistencySummary = {
  readonly model: string;
  readonly prompts: readonly PromptConsistency[];
  readonly limits: ConsistencyLimits;
  readonly durationMs: number;
};

/** What the answers to all prompts say of the model: each prompt judged on its own, the rate of answers on the whole. */
export function summarizeConsistency({
  model,
  prompts,
  limits,
  durationMs,
}: ConsistencySummary): ProbeResult {
  const attempted = prompts.reduce((sum, prompt) => sum + prompt.attempted, 0);
  const answered = prompts.reduce((sum, prompt) => sum + prompt.answered.length, 0);
  const rate = answered / attempted;
  const overall = meanOfPrompts(prompts.map(({ score }) => score));
  const unscored = prompts.flatMap(({ score, prompt }): readonly Unscored[] =>
    score.scored ? [] : [{ name: `${name}: ${prompt}`, reason: score.reason }],
  );
  const result = concludeProbe({
    ...{
      name,
      durationMs,
      unscored,
      success: `${model} gave ${answered} answers that agree with each other`,
    },
    violations: [
      ...judgeRate(model, prompts, rate, limits.successRate),
      ...prompts.flatMap((prompt) => judgePrompt(prompt, limits)),
    ],
    metrics: {
      ...{ success_rate: rate, attempted, answered },
      retry_count: prompts.reduce((sum, prompt) => sum + prompt.retryCount, 0),
      ...(overall.scored && { consistency: overall.value }),
    },
  });
  if (overall.scored || result.verdict !== "pass") return result;
  return { ...result, verdict: "abstain", message: overall.reason };
}

function judgeRate(
  model: string,
  prompts: readonly PromptConsistency[],
  rate: number,
  limit: number,
): readonly Violation[] {
  if (roundScore(rate) >= limit) return [];
  const last = prompts.flatMap(({ errors }) => errors).at(-1) ?? "";
  const message = `${model} answered ${Math.round(rate * 100)} % of the prompts; last: ${last}`;
  const severity = rate === 0 ? "failure" : "warning";
  return [
    { rule: rate === 0 ? "provider_unreachable" : "success_rate", severity, observed: rate, limit, message },
  ];
}

function judgePrompt(
  { prompt, score, latencyMs }: PromptConsistency,
  limits: ConsistencyLimits,
): readonly Violation[] {
  const violations: Violation[] = [];
  const shown = JSON.stringify(prompt);
  if (score.scored && roundScore(score.value) < limits.consistency) {
    const message = `the answers to ${shown} agree by ${roundScore(score.value)}, less than ${limits.consistency}`;
    const found = { observed: score.value, limit: limits.consistency };
    violations.push({ rule: "consistency", severity: "warning", ...found, message });
  }
  if (latencyMs !== undefined && latencyMs > limits.latencyMs) {
    const message = `an answer to ${shown} takes ${Math.round(latencyMs)} ms, more than ${limits.latencyMs}`;
    violations.push({
      rule: "latency",
      severity: "warning",
      observed: latencyMs,
      limit: limits.latencyMs,
      message,
    });
  }
  return violations;
}
