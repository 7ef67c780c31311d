import type {
  ChatInput,
  GenerateRequest,
  JsonObject,
  Message,
  OutputConstraint,
  ReasoningOptions,
  Tool,
} from "../../contract/index.ts";
import { refuseParameter } from "../refuse.ts";
import { type KnownSampling, toSamplingFields } from "../sampling-fields.ts";
import type { WireCall } from "../wire.ts";

/** What a server takes beyond the words that all of them know. */
export type OpenaiDialect = {
  /** Another Hearth, which takes all that this one does. */
  readonly isHearth: boolean;
  readonly lengthField: "max_tokens" | "max_completion_tokens";
};

const openaiSampling: KnownSampling = new Set([
  ...(["temperature", "topP", "frequencyPenalty", "presencePenalty", "logitBias", "seed"] as const),
]);

/** OpenAI's own default where reasoning is asked for without saying how much. */
const usualEffort = "medium";

const notThere = "the upstream's protocol does not have it; leave it out";

export function toChatCall(request: GenerateRequest, input: ChatInput, dialect: OpenaiDialect): WireCall {
  const { topLogprobs } = request;
  const body = {
    messages: input.messages.map((message) => toWireMessage(message, dialect)),
    ...toCommonFields(request, dialect),
    ...(request.maxTokens !== undefined && { [dialect.lengthField]: request.maxTokens }),
    ...(topLogprobs !== undefined && { logprobs: true, top_logprobs: topLogprobs }),
    ...toToolFields(input),
    ...toReasoningFields(input.reasoning, dialect),
    ...toTemplateFields(input, dialect),
    ...(request.constraint && toConstraintFields(request.constraint, dialect)),
  };
  return { path: "/chat/completions", body };
}

/** Fields of every generation. Residency (context length, keep-alive) is each machine's own affair and stays here. */
export function toCommonFields(request: GenerateRequest, { isHearth }: OpenaiDialect): JsonObject {
  if (request.promptLogprobs) throw refuseParameter("echo", notThere);
  if (request.entropy) throw refuseParameter("hearth.trajectory", notThere);
  if (request.adapters && request.adapters.length > 0 && !isHearth) throw refuseParameter("lora", notThere);
  return {
    model: request.model,
    ...(request.isWhole ? { stream: false } : { stream: true, stream_options: { include_usage: true } }),
    ...toSamplingFields(request.sampling, isHearth ? "all" : openaiSampling),
    ...(request.stop.length > 0 && { stop: request.stop }),
    ...(request.choices > 1 && { n: request.choices }),
    ...(isHearth && toHearthFields(request)),
  };
}

function toHearthFields({ adapters, cachePrompt, priority }: GenerateRequest): JsonObject {
  return {
    ...(adapters && { lora: adapters.map(({ name, scale }) => ({ name, scale })) }),
    ...(!cachePrompt && { cache_prompt: false }),
    ...(priority === "batch" && { priority }),
  };
}

/** Earlier reasoning goes to Hearth alone: others have no field for it, or refuse it. */
function toWireMessage(message: Message, { isHearth }: OpenaiDialect): JsonObject {
  const { role, content, name, reasoning, toolCalls, toolCallId } = message;
  const calls = toolCalls?.map((call) => ({
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: call.arguments },
  }));
  const hasCalls = calls !== undefined && calls.length > 0;
  return {
    role,
    content: content === "" && hasCalls ? null : content,
    ...(name !== undefined && { name }),
    ...(reasoning !== undefined && isHearth && { reasoning_content: reasoning }),
    ...(hasCalls && { tool_calls: calls }),
    ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
  };
}

function toToolFields({ tools, toolChoice, parallelToolCalls }: ChatInput): JsonObject {
  if (tools.length === 0) return {};
  return {
    tools: tools.map((tool) => ({ type: "function", function: toFunction(tool) })),
    ...(toolChoice !== "auto" && { tool_choice: toolChoice }),
    ...(!parallelToolCalls && { parallel_tool_calls: false }),
  };
}

function toFunction({ name, description, parameters }: Tool): JsonObject {
  return { name, ...(description !== undefined && { description }), ...(parameters && { parameters }) };
}

function toReasoningFields(reasoning: ReasoningOptions, { isHearth }: OpenaiDialect): JsonObject {
  const { enabled, effort, budgetTokens, format } = reasoning;
  if (!isHearth && format === "inline") throw refuseParameter("reasoning_format", notThere);
  if (!isHearth && budgetTokens !== undefined) throw refuseParameter("reasoning_budget_tokens", notThere);
  const wanted = enabled === false ? "none" : (effort ?? (enabled === true ? usualEffort : undefined));
  return {
    ...(wanted !== undefined && { reasoning_effort: wanted }),
    ...(budgetTokens !== undefined && { reasoning_budget_tokens: budgetTokens }),
    ...(format === "inline" && { reasoning_format: "none" }),
  };
}

function toTemplateFields(input: ChatInput, { isHearth }: OpenaiDialect): JsonObject {
  const { templateVariables, continueFinalMessage, addGenerationPrompt } = input;
  if (input.renderedPrompt !== undefined) throw refuseParameter("template", notThere);
  const isUsual = addGenerationPrompt === !continueFinalMessage;
  const fields = {
    ...(Object.keys(templateVariables).length > 0 && { chat_template_kwargs: templateVariables }),
    ...(continueFinalMessage && { continue_final_message: true }),
    ...(!isUsual && { add_generation_prompt: addGenerationPrompt }),
  };
  const [first] = Object.keys(fields);
  if (first !== undefined && !isHearth) throw refuseParameter(first, notThere);
  return fields;
}

function toConstraintFields(constraint: OutputConstraint, { isHearth }: OpenaiDialect): JsonObject {
  if (constraint.type === "grammar") {
    if (!isHearth)
      throw refuseParameter("grammar", "the upstream's protocol takes JSON schemas alone; give one of those");
    return { grammar: constraint.grammar };
  }
  const { schema } = constraint;
  if (isAnyObject(schema)) return { response_format: { type: "json_object" } };
  return { response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } } };
}

/** `{"type": "object"}`, which is what is meant where a client asks for JSON and no more. */
export function isAnyObject(schema: unknown): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  return Object.keys(schema).length === 1 && "type" in schema && schema.type === "object";
}
