import { z } from "@hono/zod-openapi";
import type { Message, ToolCall } from "../../contract/index.ts";
import { maxMessages, maxPromptCharacters, maxTools } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { withoutUndefined } from "../without-undefined.ts";

export function messagesSchema() {
  const part = z.looseObject({ type: z.string() });
  const toolFunction = z.looseObject({ name: z.string().min(1), arguments: z.string() });
  const toolCall = z.looseObject({
    id: z.string().nullish(),
    type: z.string().nullish(),
    function: toolFunction.nullish(),
  });
  const message = z.looseObject({
    role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
    content: z.union([z.string(), z.array(part)]).nullish(),
    name: z.string().nullish(),
    refusal: z.string().nullish(),
    reasoning: z.string().nullish(),
    reasoning_content: z.string().nullish(),
    tool_calls: z.array(toolCall).max(maxTools).nullish(),
    tool_call_id: z.string().nullish(),
    function_call: toolFunction.nullish(),
  });
  return z.array(message).min(1).max(maxMessages);
}

type WireMessage = z.output<ReturnType<typeof messagesSchema>>[number];

const inputKinds: Readonly<Record<string, string>> = {
  image_url: "image",
  input_image: "image",
  input_audio: "audio",
  file: "file",
  video_url: "video",
};

export function fromMessages(messages: readonly WireMessage[]): Message[] {
  const result: Message[] = [];
  let characters = 0;
  for (const [index, message] of messages.entries()) {
    const converted = fromMessage(message, `messages[${index}]`, result);
    characters += converted.content.length;
    if (characters > maxPromptCharacters) {
      throw invalidParameter("messages", `messages: more than ${maxPromptCharacters} characters of text.`);
    }
    result.push(converted);
  }
  return result;
}

function fromMessage(message: WireMessage, param: string, earlier: readonly Message[]): Message {
  const toolCalls = fromToolCalls(message, param, earlier.length);
  const text = fromContent(message.content, `${param}.content`) ?? message.refusal ?? undefined;
  if (text === undefined && !(message.role === "assistant" && toolCalls)) {
    throw invalidParameter(`${param}.content`, `${param}.content: text is needed, except beside tool calls.`);
  }
  const isToolResult = message.role === "tool" || message.role === "function";
  const isAssistant = message.role === "assistant";
  return withoutUndefined({
    role: isToolResult
      ? ("tool" as const)
      : message.role === "developer"
        ? ("system" as const)
        : message.role,
    content: text ?? "",
    reasoning: isAssistant ? (message.reasoning_content ?? message.reasoning ?? undefined) : undefined,
    toolCalls: isAssistant ? toolCalls : undefined,
    toolCallId: isToolResult ? (message.tool_call_id ?? lastToolCallId(earlier)) : undefined,
    name: message.name ?? undefined,
  }) as Message;
}

/** Text parts are joined by line breaks, as llama.cpp does for templates that take only text. */
function fromContent(content: WireMessage["content"], param: string): string | undefined {
  if (content === null || content === undefined) return undefined;
  if (typeof content === "string") return content;
  const texts = content.map((part, index) => {
    const text = part.type === "refusal" ? part.refusal : part.text;
    if (["text", "input_text", "output_text", "refusal"].includes(part.type) && typeof text === "string")
      return text;
    const path = `${param}[${index}]`;
    const kind = inputKinds[part.type];
    if (kind) throw invalidParameter(path, `${path}: this model takes no ${kind} input, only text.`);
    throw invalidParameter(path, `${path}: a part of type "${part.type}" is not a text part.`);
  });
  return texts.join("\n");
}

function fromToolCalls(message: WireMessage, param: string, messageIndex: number): ToolCall[] | undefined {
  if (message.function_call) {
    const { name, arguments: text } = message.function_call;
    return [{ id: `call_${messageIndex}`, name, arguments: text }];
  }
  if (!message.tool_calls || message.tool_calls.length === 0) return undefined;
  return message.tool_calls.map((call, index) => {
    if (!call.function) {
      const path = `${param}.tool_calls[${index}]`;
      throw invalidParameter(path, `${path}: only calls of type "function" are supported.`);
    }
    return {
      id: call.id ?? `call_${messageIndex}_${index}`,
      name: call.function.name,
      arguments: call.function.arguments,
    };
  });
}

/** The deprecated role "function" names no call: it answers the latest one. */
function lastToolCallId(earlier: readonly Message[]): string | undefined {
  return earlier.findLast((message) => message.toolCalls)?.toolCalls?.at(-1)?.id;
}
