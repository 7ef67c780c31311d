import { type AppError, type ErrorCode, toAppError } from "../../base/index.ts";
import type { FinishReason, JsonValue } from "../../contract/index.ts";
import { askModel, type ModelAnswer, type Question } from "../ask-model.ts";
import type { JudgeDeps } from "../deps.ts";
import { defaultJudgeConfig } from "../validation/probes/judge-config.ts";
import { withRetries } from "../validation/probes/with-retries.ts";
import type { CalledTool, SuiteCase } from "./suite.ts";

export type AskDeps = Pick<JudgeDeps, "generate" | "clock" | "random">;

export type AskOptions = {
  readonly model: string;
  readonly seed: number;
  readonly signal: AbortSignal;
};

/** An answer to a case, or why the model has none to this one. */
export type Reply =
  | {
      readonly answered: true;
      readonly text: string;
      readonly calls: readonly CalledTool[];
      readonly finishReason?: FinishReason;
      readonly durationMs: number;
      readonly promptTokens: number;
      readonly completionTokens: number;
    }
  | { readonly answered: false; readonly error: AppError; readonly durationMs: number };

/** These say something of the case and not of the model's health, so that the others can go on. */
const codesOfCase: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(["generation_timeout", "context_limit_exceeded", "invalid_request", "inference_error"] as const),
]);

/** The stored answer of a case, or the model's. Throws what would keep any case from being answered, and when aborted. */
export async function askCase(deps: AskDeps, entry: SuiteCase, options: AskOptions): Promise<Reply> {
  if (entry.response !== undefined) {
    const { response: text, calls } = entry;
    return { answered: true, text, calls, durationMs: 0, promptTokens: 0, completionTokens: 0 };
  }
  const retried = await withRetries(
    deps,
    { ...defaultJudgeConfig, defaultTimeoutMs: entry.timeoutMs },
    (signal) => askModel(deps, toQuestion(entry, options), signal),
    options.signal,
  );
  if (retried.ok) return toReply(retried.value);
  const error = toAppError(retried.error);
  if (!codesOfCase.has(error.code)) throw error;
  return { answered: false, error, durationMs: retried.durationMs };
}

function toQuestion(entry: SuiteCase, { model, seed }: AskOptions): Question {
  const { messages, temperature, maxTokens, tools } = entry;
  return { model, messages, sampling: { temperature, seed }, maxTokens, tools };
}

function toReply({ text, toolCalls, finishReason, usage, durationMs }: ModelAnswer): Reply {
  const { promptTokens, completionTokens } = usage;
  const calls = toolCalls.map((call) => ({ name: call.name, arguments: parseArguments(call.arguments) }));
  return { answered: true, text, calls, finishReason, durationMs, promptTokens, completionTokens };
}

/** What is no JSON stays the text that it is, and fits no schema. */
function parseArguments(text: string): JsonValue {
  try {
    return JSON.parse(text === "" ? "{}" : text);
  } catch {
    return text;
  }
}
