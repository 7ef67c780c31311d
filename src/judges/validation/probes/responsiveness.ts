import { AppError } from "../../../base/index.ts";
import { askModel, userMessage } from "../../ask-model.ts";
import type { JudgeDeps } from "../../deps.ts";
import { findModel } from "../../find-model.ts";
import { defaultJudgeConfig, type JudgeConfig } from "./judge-config.ts";
import { concludeProbe, failUnreachable, type ProbeResult } from "./probe-result.ts";
import { withRetries } from "./with-retries.ts";

/** What a probe of a model needs. */
export type ProbeDeps = Pick<JudgeDeps, "generate" | "clock" | "random" | "engine" | "library" | "models">;

/** The longest that an answer to a fixed probe may take. */
export const defaultLatencyMs = 5_000;
const probePrompt = "Say hello.";
const probeTokens = 8;

export type ResponsivenessOptions = {
  /** Absent: the first that is configured. */
  readonly model?: string;
  readonly prompt?: string;
  readonly thresholdMs?: number;
  readonly config?: JudgeConfig;
};

/**
 * Has the model generate at least one token. Slower than the threshold in its last attempt is a warning, retries
 * that are gone a failure. Throws AppError model_not_found, and the signal's abort.
 */
export async function probeResponsiveness(
  deps: ProbeDeps,
  options: ResponsivenessOptions,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const { prompt = probePrompt, thresholdMs = defaultLatencyMs, config = defaultJudgeConfig } = options;
  const name = "responsiveness";
  const model = (await findModel(deps, options.model)).id;
  const question = { model, messages: userMessage(prompt), maxTokens: probeTokens };
  const ask = async (attemptSignal: AbortSignal) => {
    const answer = await askModel(deps, { ...question, sampling: { temperature: 0 } }, attemptSignal);
    if (answer.usage.completionTokens > 0) return answer;
    throw new AppError("inference_error", `${model} ended its answer without a single token`);
  };
  const retried = await withRetries(deps, config, ask, signal);
  if (!retried.ok) return failUnreachable(name, model, retried);
  const { lastAttemptMs, retryCount, durationMs, value, attempts } = retried;
  const took = `${model} answered within ${Math.round(lastAttemptMs)} ms`;
  const isSlow = lastAttemptMs > thresholdMs;
  return concludeProbe({
    ...{ name, durationMs, success: took },
    metrics: {
      latency_ms: lastAttemptMs,
      retry_count: retryCount,
      completion_tokens: value.usage.completionTokens,
    },
    ...(isSlow && {
      violations: [
        {
          ...{ rule: "latency", severity: "warning", observed: lastAttemptMs, limit: thresholdMs },
          message: `${took}, more than the ${thresholdMs} ms that it may take`,
        },
      ],
      suggestions: [
        `--model ${model} keeps it loaded from the start; a smaller or more quantised model is faster`,
      ],
    }),
    ...(attempts && { attempts }),
  });
}
