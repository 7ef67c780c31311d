import type {
  ChatInput,
  GenerateRequest,
  JsonObject,
  JsonValue,
  Message,
  OutputConstraint,
  ReasoningOptions,
  ToolCall,
} from "../../contract/index.ts";
import { isAnyObject } from "../openai/chat-call.ts";
import { refuseParameter } from "../refuse.ts";
import { type KnownSampling, toSamplingFields } from "../sampling-fields.ts";
import type { WireCall } from "../wire.ts";

/** Anthropic needs a limit; this one holds where the request has none. Every model of theirs makes as many. */
export const defaultMaxTokens = 4_096;

const knownSampling: KnownSampling = new Set(["temperature", "topP", "topK"] as const);

const notThere = "the Anthropic protocol does not have it; leave it out";

/** Throws AppError invalid_request naming what the protocol cannot express. */
export function toMessageCall(request: GenerateRequest): WireCall {
  const { input } = request;
  if (input.type !== "chat") throw refuseParameter("prompt", "an Anthropic upstream answers chats alone");
  refuseOthers(request, input);
  const reasoning = toReasoningFields(input.reasoning);
  const limit = request.maxTokens ?? defaultMaxTokens + (input.reasoning.budgetTokens ?? 0);
  const system = input.messages.filter(({ role }) => role === "system").map(({ content }) => content);
  const format = request.constraint && toFormat(request.constraint);
  const outputConfig = {
    ...(format && { format }),
    ...(reasoning.effort !== undefined && { effort: reasoning.effort }),
  };
  const body = {
    model: request.model,
    max_tokens: limit,
    stream: !request.isWhole,
    ...(system.length > 0 && { system: system.join("\n\n") }),
    messages: toTurns(input.messages),
    ...toSamplingFields(request.sampling, knownSampling),
    ...(request.stop.length > 0 && { stop_sequences: request.stop }),
    ...toToolFields(input),
    ...(reasoning.thinking && { thinking: reasoning.thinking }),
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
  };
  return { path: "/messages", body };
}

function refuseOthers(request: GenerateRequest, input: ChatInput): void {
  const refused = {
    n: request.choices > 1,
    logprobs: request.topLogprobs !== undefined,
    echo: request.promptLogprobs,
    "hearth.trajectory": request.entropy,
    lora: request.adapters !== undefined && request.adapters.length > 0,
    template: input.renderedPrompt !== undefined,
    chat_template_kwargs: Object.keys(input.templateVariables).length > 0,
    reasoning_format: input.reasoning.format === "inline",
  };
  const [first] = Object.entries(refused).find(([, isAsked]) => isAsked) ?? [];
  if (first !== undefined) throw refuseParameter(first, notThere);
  const isContinued = input.messages.at(-1)?.role === "assistant";
  if (isContinued !== input.continueFinalMessage)
    throw refuseParameter(
      "continue_final_message",
      "in the Anthropic protocol a last message of the assistant is continued, and no other is",
    );
}

/** Turns of both sides; results of tools belong to the user's, and neighbours of one side are one turn. */
function toTurns(messages: readonly Message[]): readonly JsonObject[] {
  const turns: { readonly role: string; readonly content: JsonObject[] }[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === "system") continue;
    const role = message.role === "assistant" ? "assistant" : "user";
    const blocks = toBlocks(message, index);
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else turns.push({ role, content: [...blocks] });
  }
  return turns;
}

function toBlocks(message: Message, index: number): readonly JsonObject[] {
  const { role, content, toolCalls = [], toolCallId } = message;
  if (role === "tool") {
    if (toolCallId === undefined)
      throw refuseParameter(
        `messages[${index}].tool_call_id`,
        "the Anthropic protocol needs to know the call",
      );
    return [{ type: "tool_result", tool_use_id: toolCallId, content }];
  }
  const text = content === "" && toolCalls.length > 0 ? [] : [{ type: "text", text: content }];
  return [...text, ...toolCalls.map((call) => toToolUse(call, index))];
}

function toToolUse({ id, name, arguments: text }: ToolCall, index: number): JsonObject {
  const input = parseObject(text);
  if (input) return { type: "tool_use", id, name, input };
  const param = `messages[${index}].tool_calls`;
  throw refuseParameter(
    param,
    `the arguments of ${name} are no JSON object, which the Anthropic protocol needs`,
  );
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: JsonValue = text.trim() === "" ? {} : JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}

function toToolFields({ tools, toolChoice, parallelToolCalls }: ChatInput): JsonObject {
  if (tools.length === 0) return {};
  const isUsual = toolChoice === "auto" && parallelToolCalls;
  const type = toolChoice === "required" ? "any" : toolChoice;
  const alone = !parallelToolCalls && toolChoice !== "none" && { disable_parallel_tool_use: true };
  return {
    tools: tools.map(({ name, description, parameters }) => ({
      name,
      ...(description !== undefined && { description }),
      input_schema: parameters ?? { type: "object", properties: {} },
    })),
    ...(!isUsual && { tool_choice: { type, ...alone } }),
  };
}

/** Without a budget the model weighs its own thinking, by the effort where one is given. */
function toReasoningFields({ enabled, effort, budgetTokens }: ReasoningOptions): {
  readonly thinking?: JsonObject;
  readonly effort?: string;
} {
  if (enabled === false) return { thinking: { type: "disabled" } };
  if (budgetTokens !== undefined) return { thinking: { type: "enabled", budget_tokens: budgetTokens } };
  if (enabled === undefined && effort === undefined) return {};
  return { thinking: { type: "adaptive" }, ...(effort !== undefined && { effort }) };
}

function toFormat(constraint: OutputConstraint): JsonObject {
  if (constraint.type === "grammar") throw refuseParameter("grammar", notThere);
  if (isAnyObject(constraint.schema))
    throw refuseParameter("response_format", "an Anthropic upstream needs a JSON schema, not any object");
  return { type: "json_schema", schema: constraint.schema };
}
