import { AppError } from "../../base/index.ts";
import type { AnswerEvent, GenerateRequest } from "../../contract/index.ts";
import { askModel, type ModelAnswer, userMessage } from "../ask-model.ts";
import type { JudgeDeps } from "../deps.ts";
import type { AnalysisRequest } from "./analysis.ts";
import { toSampling } from "./config.ts";
import { withDeadline } from "./deadline.ts";
import type { Observer } from "./observe.ts";

type AskedAnswer = Pick<AnalysisRequest, "prompt" | "config" | "tenant"> & {
  readonly model: string;
  /** Whether the model takes messages; one that does not goes on with the text it is given. */
  readonly takesChat: boolean;
  readonly timeoutMs: number;
  readonly observer: Observer;
};

/**
 * Lets the model answer under a deadline that ends the generation itself, and shows every token to the observer. Throws
 * AppError generation_timeout with what was measured until then.
 */
export async function answerObserved(
  deps: Pick<JudgeDeps, "generate" | "clock">,
  asked: AskedAnswer,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const { model, prompt, config, tenant, observer, timeoutMs } = asked;
  const question = {
    ...{ model, messages: typeof prompt === "string" ? userMessage(prompt) : prompt },
    ...{ sampling: toSampling(config), maxTokens: config.maxNewTokens },
    ...{ topLogprobs: config.topK, entropy: true, ...(tenant !== undefined && { tenant }) },
  };
  const observed = { clock: deps.clock, generate: observing(deps, asked) };
  const deadline = { timeoutMs, describe: () => toTimeout(timeoutMs, observer) };
  return await withDeadline(deps.clock, deadline, signal, (ending) => askModel(observed, question, ending));
}

function observing(
  deps: Pick<JudgeDeps, "generate">,
  { prompt, takesChat, observer }: AskedAnswer,
): JudgeDeps["generate"] {
  return async function* (request: GenerateRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    const isPlain = !takesChat && typeof prompt === "string";
    const sent: GenerateRequest = isPlain ? { ...request, input: { type: "text", text: prompt } } : request;
    for await (const event of deps.generate(sent, signal)) {
      if (event.type === "logprobs") for (const token of event.tokens) observer.add(token);
      yield event;
    }
  };
}

function toTimeout(timeoutMs: number, observer: Observer): AppError {
  const { tokens, measured } = observer.finish();
  return new AppError(
    "generation_timeout",
    `the answer was not complete after ${timeoutMs} ms and was stopped at ${tokens} tokens; ask for fewer tokens, or try again when less is going on`,
    {
      details: {
        ...{ timeout_ms: timeoutMs, generated_tokens: tokens, retry_after: retryAfterSeconds },
        ...(measured && {
          perplexity: measured.canonical.perplexity,
          surprise_rate: measured.canonical.surpriseRate,
          entropy_statistic: measured.canonical.entropyStatistic,
        }),
      },
    },
  );
}

/** Seconds after which a generation that took too long may be tried again. */
const retryAfterSeconds = 2;
