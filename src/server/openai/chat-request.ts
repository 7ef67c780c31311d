import { z } from "@hono/zod-openapi";
import type { ChatInput, GenerateRequest, JsonObject, ReasoningOptions } from "../../contract/index.ts";
import type { RequestOrigin } from "../answer.ts";
import { fromHearthFields, hearthShape } from "../hearth-fields.ts";
import { lazy } from "../lazy.ts";
import { maxTopLogprobs } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { withoutUndefined } from "../without-undefined.ts";
import { fromFileSearch } from "./file-search.ts";
import { fromGenerationFields, fromPredictCount, generationShape } from "./generation-fields.ts";
import { fromMessages, messagesSchema } from "./messages.ts";
import { fromToolFields, toolsShape } from "./tools.ts";

const unlimited = -1;

export const chatBodySchema = lazy(() => {
  const tokenLimit = () => z.int32().min(1).optional();
  const reasoningBudget = () => z.int32().min(unlimited).optional().describe("-1 is no limit");
  return z.looseObject({
    messages: messagesSchema(),
    ...generationShape(),
    max_completion_tokens: tokenLimit(),
    max_tokens: tokenLimit().describe("Deprecated: max_completion_tokens"),
    logprobs: z.boolean().optional(),
    top_logprobs: z.int32().min(0).max(maxTopLogprobs).optional(),
    ...toolsShape(),
    ...hearthShape(),
    reasoning_effort: z.enum(["none", "minimal", "low", "medium", "high", "xhigh", "max"]).optional(),
    reasoning_format: z.enum(["none", "auto", "deepseek"]).optional(),
    reasoning_budget: reasoningBudget(),
    reasoning_budget_tokens: reasoningBudget(),
    thinking_budget_tokens: reasoningBudget(),
    chat_template_kwargs: z.record(z.string(), z.unknown()).optional(),
    continue_final_message: z.boolean().optional(),
    add_generation_prompt: z.boolean().optional(),
    modalities: z.array(z.string()).optional(),
    audio: z.unknown().optional(),
  });
});

export type ChatBody = z.output<ReturnType<typeof chatBodySchema>>;

export function fromChatRequest(body: ChatBody, origin: RequestOrigin): GenerateRequest {
  refuseOtherModalities(body);
  return {
    ...fromGenerationFields(body, origin),
    ...withoutUndefined({ retrieval: fromFileSearch(body.tools) }),
    ...fromHearthFields(body),
    input: fromChatInput(body),
    ...withoutUndefined({
      maxTokens: body.max_completion_tokens ?? body.max_tokens ?? fromPredictCount(body.n_predict),
      topLogprobs: fromLogprobFields(body),
    }),
    promptLogprobs: false,
  };
}

function fromChatInput(body: ChatBody): ChatInput {
  const continueFinalMessage = body.continue_final_message ?? false;
  if (continueFinalMessage && body.add_generation_prompt) {
    throw invalidParameter(
      "add_generation_prompt",
      "add_generation_prompt cannot be combined with continue_final_message.",
    );
  }
  const messages = fromMessages(body.messages);
  if (continueFinalMessage && messages.at(-1)?.role !== "assistant") {
    throw invalidParameter(
      "continue_final_message",
      "continue_final_message: the last message is not the assistant's.",
    );
  }
  return {
    type: "chat",
    messages,
    ...fromToolFields(body),
    reasoning: fromReasoningFields(body),
    templateVariables: (body.chat_template_kwargs ?? {}) as JsonObject,
    continueFinalMessage,
    addGenerationPrompt: body.add_generation_prompt ?? !continueFinalMessage,
  };
}

function fromReasoningFields(body: ChatBody): ReasoningOptions {
  const effort = body.reasoning_effort;
  const asked = body.chat_template_kwargs?.enable_thinking;
  const budget = body.reasoning_budget_tokens ?? body.reasoning_budget ?? body.thinking_budget_tokens;
  return {
    format: body.reasoning_format === "none" ? "inline" : "split",
    ...withoutUndefined({
      enabled: effort === undefined ? (typeof asked === "boolean" ? asked : undefined) : effort !== "none",
      effort: effort === "none" ? undefined : effort,
      budgetTokens: budget === unlimited ? undefined : budget,
    }),
  };
}

function fromLogprobFields(body: ChatBody): number | undefined {
  if (body.top_logprobs !== undefined && body.top_logprobs > 0 && body.logprobs !== true) {
    throw invalidParameter("top_logprobs", "top_logprobs is only allowed together with logprobs: true.");
  }
  if (body.logprobs) return body.top_logprobs ?? body.n_probs ?? 0;
  return body.n_probs !== undefined && body.n_probs > 0 ? body.n_probs : undefined;
}

function refuseOtherModalities(body: ChatBody): void {
  if (body.modalities?.some((modality) => modality !== "text")) {
    throw invalidParameter("modalities", 'modalities: only ["text"] can be answered.');
  }
  if (body.audio !== undefined)
    throw invalidParameter("audio", "audio: the answer cannot be spoken; leave the field out.");
}
