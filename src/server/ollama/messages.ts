import { z } from "@hono/zod-openapi";
import type { Message, ToolCall } from "../../contract/index.ts";
import type { ModelEntry } from "../../engine/index.ts";
import { maxMessages, maxNameCharacters, maxPromptCharacters, maxTools } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { withoutUndefined } from "../without-undefined.ts";
import { refuseImages } from "./generation-fields.ts";

export function messagesSchema() {
  const toolCall = z.looseObject({
    id: z.string().nullish(),
    function: z.looseObject({
      name: z.string().min(1).max(maxNameCharacters),
      arguments: z.union([z.record(z.string(), z.unknown()), z.string()]).nullish(),
    }),
  });
  const message = z.looseObject({
    role: z.enum(["system", "user", "assistant", "tool"]),
    content: z.string().nullish(),
    thinking: z.string().nullish(),
    images: z.array(z.unknown()).nullish(),
    tool_calls: z.array(toolCall).max(maxTools).nullish(),
    tool_name: z.string().nullish(),
    tool_call_id: z.string().nullish(),
  });
  return z.array(message).max(maxMessages);
}

type WireMessage = z.output<ReturnType<typeof messagesSchema>>[number];

export function fromMessages(messages: readonly WireMessage[], entry: ModelEntry): Message[] {
  const result: Message[] = [];
  const open: ToolCall[] = [];
  let characters = 0;
  for (const [index, message] of messages.entries()) {
    refuseImages(message.images ?? undefined, `messages[${index}].images`, entry);
    const converted = fromMessage(message, index, open);
    characters += converted.content.length;
    if (characters > maxPromptCharacters) {
      throw invalidParameter("messages", `messages: more than ${maxPromptCharacters} characters of text.`);
    }
    result.push(converted);
  }
  return result;
}

/** `open` holds the calls that no message has answered yet. */
function fromMessage(message: WireMessage, index: number, open: ToolCall[]): Message {
  const content = message.content ?? "";
  if (message.role === "tool") {
    const toolCallId = message.tool_call_id ?? takeCall(open, message.tool_name ?? undefined)?.id;
    const name = message.tool_name ?? undefined;
    return { role: "tool", content, ...withoutUndefined({ toolCallId, name }) };
  }
  if (message.role !== "assistant") return { role: message.role, content };
  const toolCalls = message.tool_calls?.map((call, position) => ({
    id: call.id ?? `call_${index}_${position}`,
    name: call.function.name,
    arguments: toArgumentText(call.function.arguments),
  }));
  if (toolCalls) open.push(...toolCalls);
  return {
    role: "assistant",
    content,
    ...withoutUndefined({
      reasoning: message.thinking ?? undefined,
      toolCalls: toolCalls && toolCalls.length > 0 ? toolCalls : undefined,
    }),
  };
}

/** Ollama's tool messages name the tool and not the call: they answer the earliest open one of it. */
function takeCall(open: ToolCall[], name: string | undefined): ToolCall | undefined {
  const index = name === undefined ? 0 : open.findIndex((call) => call.name === name);
  return index < 0 ? undefined : open.splice(index, 1)[0];
}

function toArgumentText(value: Readonly<Record<string, unknown>> | string | null | undefined): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value ?? {});
}
