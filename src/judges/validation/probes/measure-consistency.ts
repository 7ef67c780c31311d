import { AppError, toAppError } from "../../../base/index.ts";
import { askModel, userMessage } from "../../ask-model.ts";
import { measureAnswers } from "../../consistency/answer-consistency.ts";
import type { JudgeDeps } from "../../deps.ts";
import { findModel } from "../../find-model.ts";
import { createEmbedder, type Embedder } from "../../similarity/embedder.ts";
import {
  type ConsistencyLimits,
  defaultConsistencyLimits,
  type PromptConsistency,
  summarizeConsistency,
} from "./consistency-summary.ts";
import { defaultJudgeConfig, type JudgeConfig } from "./judge-config.ts";
import type { ProbeResult } from "./probe-result.ts";
import type { ProbeDeps } from "./responsiveness.ts";
import { withRetries } from "./with-retries.ts";

/** Between two answers to one prompt. */
const pauseMs = 100;
const maxPrompts = 100;
const maxAnswers = 50;
const defaultAnswers = 5;

export type ConsistencyOptions = {
  readonly prompts: readonly string[];
  /** Answers to each prompt; at least 2. */
  readonly answers?: number;
  /** `closed`: an answer is right or wrong as a whole, so that the share of the most frequent one counts. */
  readonly kind?: "open" | "closed";
  readonly model?: string;
  readonly temperature?: number;
  readonly seed?: number;
  readonly maxTokens?: number;
  readonly limits?: Partial<ConsistencyLimits>;
  readonly config?: JudgeConfig;
  /** Absent: the one that the configuration gives. */
  readonly embedder?: Embedder;
};

export type ConsistencyResult = ProbeResult & { readonly prompts: readonly PromptConsistency[] };

/**
 * Asks each prompt several times and measures how much its own answers agree; prompts are never taken together.
 * Too few answers, answers that disagree and slow ones are warnings, no answer at all a failure. Throws AppError
 * invalid_request and model_not_found, and the signal's abort.
 */
export async function measureConsistency(
  deps: ProbeDeps & Pick<JudgeDeps, "embeddingModel">,
  options: ConsistencyOptions,
  signal: AbortSignal,
): Promise<ConsistencyResult> {
  checkConsistencyOptions(options);
  const startedMs = deps.clock.nowMs();
  const model = (await findModel(deps, options.model)).id;
  const embedder = options.embedder ?? createEmbedder(deps);
  const prompts: PromptConsistency[] = [];
  for (const prompt of options.prompts) {
    const answers = await collectAnswers(deps, { ...options, prompt, model }, signal);
    prompts.push({
      ...answers,
      ...(await measure(embedder, answers.answered, options.kind ?? "open", signal)),
    });
  }
  const limits = { ...defaultConsistencyLimits, ...options.limits };
  const durationMs = deps.clock.nowMs() - startedMs;
  return { ...summarizeConsistency({ model, prompts, limits, durationMs }), prompts };
}

/** Throws AppError invalid_request that names the field under the path. */
export function checkConsistencyOptions(
  { prompts, answers = defaultAnswers }: Pick<ConsistencyOptions, "prompts" | "answers">,
  path?: string,
): void {
  const at = path === undefined ? "" : `${path}.`;
  if (prompts.length === 0 || prompts.length > maxPrompts) {
    const message = `${at}prompts: expected 1 to ${maxPrompts} prompts, not ${prompts.length}`;
    throw new AppError("invalid_request", message);
  }
  if (!Number.isInteger(answers) || answers < 2 || answers > maxAnswers) {
    const message = `${at}answers: expected a whole number from 2 to ${maxAnswers}, not ${answers}`;
    throw new AppError("invalid_request", message);
  }
}

type Collected = Omit<PromptConsistency, "score" | "measures">;
type PromptQuestion = ConsistencyOptions & { readonly prompt: string; readonly model: string };

async function collectAnswers(
  deps: ProbeDeps,
  question: PromptQuestion,
  signal: AbortSignal,
): Promise<Collected> {
  const {
    prompt,
    model,
    answers: attempted = defaultAnswers,
    temperature = 0.7,
    seed = 1,
    maxTokens = 512,
  } = question;
  const answered: string[] = [];
  const errors: string[] = [];
  let latencyMs = 0;
  let retryCount = 0;
  for (let index = 0; index < attempted; index++) {
    if (index > 0) await deps.clock.sleep(pauseMs, signal);
    const asked = {
      model,
      messages: userMessage(prompt),
      maxTokens,
      sampling: { temperature, seed: seed + index },
    };
    const ask = (attemptSignal: AbortSignal) => askModel(deps, asked, attemptSignal);
    const retried = await withRetries(deps, question.config ?? defaultJudgeConfig, ask, signal);
    retryCount += retried.retryCount;
    if (!retried.ok) errors.push(`${retried.error.code}: ${retried.error.message}`);
    else if (retried.value.text.trim() === "") errors.push("the answer is blank");
    else {
      answered.push(retried.value.text);
      latencyMs += retried.lastAttemptMs;
    }
  }
  const mean = answered.length > 0 && { latencyMs: latencyMs / answered.length };
  return { prompt, attempted, answered, errors, retryCount, ...mean };
}

async function measure(
  embedder: Embedder,
  answers: readonly string[],
  kind: "open" | "closed",
  signal: AbortSignal,
): Promise<Pick<PromptConsistency, "score" | "measures">> {
  if (answers.length < 2) {
    return { score: { scored: false, reason: `only ${answers.length} of its answers came` } };
  }
  try {
    const measures = await measureAnswers(embedder, answers, signal);
    return { score: kind === "closed" ? measures.majority : measures.consistency, measures };
  } catch (error) {
    signal.throwIfAborted();
    return { score: { scored: false, reason: toAppError(error).message } };
  }
}
