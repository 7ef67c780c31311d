import { AppError } from "../../base/index.ts";
import { askModel, userMessage } from "../ask-model.ts";
import type { JudgeDeps } from "../deps.ts";
import type { AgentAnswer, Asked, Member } from "./strategies/strategy.ts";

const tenant = "coordination";

export type AgentSampling = { readonly temperature: number; readonly maxTokens: number };

/** Throws AppError context_limit_exceeded saying what to lower where the prompt does not fit the agent's model. */
export async function askAgent(
  deps: Pick<JudgeDeps, "generate" | "clock">,
  {
    member,
    asked,
    sampling,
  }: { readonly member: Member; readonly asked: Asked; readonly sampling: AgentSampling },
  signal: AbortSignal,
): Promise<AgentAnswer> {
  const { model, seed } = member;
  const { temperature, maxTokens } = sampling;
  const question = { model, messages: userMessage(asked.prompt), maxTokens, tenant };
  try {
    const answer = await askModel(deps, { ...question, sampling: { temperature, seed } }, signal);
    const { promptTokens, completionTokens } = answer.usage;
    return {
      ...{ agentId: asked.agentId, model, seed, stage: asked.stage, text: answer.text.trim() },
      ...{ promptTokens, completionTokens, isCut: answer.finishReason === "length" },
      ...{ durationMs: answer.durationMs, atMs: deps.clock.now() },
    };
  } catch (error) {
    throw toAgentError(error, asked.agentId, model);
  }
}

function toAgentError(error: unknown, agentId: string, model: string): unknown {
  if (!(error instanceof AppError) || error.code !== "context_limit_exceeded") return error;
  const { required, max } = error.details;
  const counts =
    typeof required === "number" && typeof max === "number" ? `: ${required} tokens of ${max}` : "";
  return new AppError(
    "context_limit_exceeded",
    `what ${agentId} is to read does not fit the context of ${model}${counts}; lower the agents, the rounds or the tokens of an answer (max_tokens), or give the model a longer context`,
    { cause: error, details: error.details },
  );
}
