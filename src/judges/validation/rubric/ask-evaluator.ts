import { toAppError } from "../../../base/index.ts";
import type { JsonValue, Message } from "../../../contract/index.ts";
import { askModel, type ModelAnswer } from "../../ask-model.ts";
import type { JudgeDeps } from "../../deps.ts";

/** What a question to the model that judges is asked with. */
export type EvaluatorDeps = Pick<JudgeDeps, "generate" | "clock" | "engine" | "library" | "models">;

export type EvaluatorQuestion = {
  readonly judgeModel: string;
  /** What the judge is to do. */
  readonly task: string;
  /** What it is to judge, apart from the task. */
  readonly material: string;
  readonly schema: JsonValue;
  readonly maxTokens: number;
  readonly topLogprobs?: number;
  readonly depth?: number;
};

/** `scored: false` holds why the judge gave no answer that can be used. */
export type EvaluatorReply =
  | { readonly scored: true; readonly answer: ModelAnswer }
  | { readonly scored: false; readonly reason: string };

const evaluatorTenant = "evaluator";
/** Judging twice gives the same verdict twice. */
const evaluatorSampling = { temperature: 0, seed: 1 } as const;

/** Asks the judge at temperature 0 with a fixed seed. What fails is a reason; the signal's abort alone is thrown. */
export async function askEvaluator(
  deps: Pick<JudgeDeps, "generate" | "clock">,
  { judgeModel, task, material, ...question }: EvaluatorQuestion,
  signal: AbortSignal,
): Promise<EvaluatorReply> {
  const messages: readonly Message[] = [
    { role: "system", content: task },
    { role: "user", content: material },
  ];
  const asked = { ...question, messages, model: judgeModel, tenant: evaluatorTenant };
  try {
    const answer = await askModel(deps, { ...asked, sampling: evaluatorSampling }, signal);
    if (answer.finishReason !== "length") return { scored: true, answer };
    const reason = `the judge ${judgeModel} did not end its answer within ${answer.usage.completionTokens} tokens`;
    return { scored: false, reason };
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = toAppError(error);
    return { scored: false, reason: `the judge ${judgeModel} failed (${code}): ${message}` };
  }
}
