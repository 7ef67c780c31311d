import type { JsonObject } from "../contract/index.ts";
import { toPieces, toUpstreamUsage, type UpstreamCall, type UpstreamReply } from "./upstream-script.ts";

export type UpstreamKind = "openai" | "anthropic";

/** The frames of a streamed answer: those before the text, one group for each piece of it, and the end. */
export type UpstreamFrames = {
  readonly head: readonly string[];
  readonly pieces: readonly string[];
  readonly tail: readonly string[];
};

/** An answer in frames of server-sent events, as the protocol's own server writes them. */
export function toFrames(kind: UpstreamKind, call: UpstreamCall, reply: UpstreamReply): UpstreamFrames {
  return kind === "openai" ? toOpenaiFrames(call, reply) : toAnthropicFrames(call, reply);
}

/** The same answer in one body. */
export function toWholeAnswer(kind: UpstreamKind, call: UpstreamCall, reply: UpstreamReply): JsonObject {
  return kind === "openai" ? toCompletion(call, reply) : toMessage(call, reply);
}

export function toErrorBody(kind: UpstreamKind, message: string, code: string): JsonObject {
  if (kind === "anthropic") return { type: "error", error: { type: code, message }, request_id: "req_1" };
  return { error: { message, type: "api_error", param: null, code } };
}

export function toErrorFrame(kind: UpstreamKind, message: string): string {
  const body = JSON.stringify(toErrorBody(kind, message, "overloaded_error"));
  return kind === "anthropic" ? `event: error\ndata: ${body}\n\n` : `data: ${body}\n\n`;
}

function toOpenaiFrames(call: UpstreamCall, reply: UpstreamReply): UpstreamFrames {
  const isChat = call.path.endsWith("/chat/completions");
  const choices = Array.from({ length: Number(call.body.n ?? 1) }, (_, index) => index);
  const head = { id: "chatcmpl-1", object: isChat ? "chat.completion.chunk" : "text_completion" };
  const frame = (fields: JsonObject) =>
    `data: ${JSON.stringify({ ...head, created: 1, model: call.model, ...fields })}\n\n`;
  const chunk = (delta: JsonObject, more: JsonObject = {}) =>
    choices
      .map((index) =>
        frame({ choices: [{ index, finish_reason: null, ...(isChat ? { delta } : delta), ...more }] }),
      )
      .join("");
  const toolCalls = (reply.toolCalls ?? []).flatMap(({ id, name, arguments: text }, index) => {
    const half = Math.ceil(text.length / 2);
    return [
      chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] }),
      chunk({ tool_calls: [{ index, function: { arguments: text.slice(0, half) } }] }),
      chunk({ tool_calls: [{ index, function: { arguments: text.slice(half) } }] }),
    ];
  });
  const wantsUsage = (call.body.stream_options as JsonObject | undefined)?.include_usage === true;
  const usage =
    wantsUsage && reply.usage !== "none" ? [frame({ choices: [], usage: toOpenaiUsage(reply) })] : [];
  return {
    head: [
      ...(isChat ? [chunk({ role: "assistant", content: "" })] : []),
      ...(reply.reasoning === undefined ? [] : [chunk({ reasoning_content: reply.reasoning })]),
    ],
    pieces: toPieces(reply).map((text, index) => {
      const logprob = reply.logprobs?.[index];
      const more = logprob ? { logprobs: { content: [toOpenaiLogprob(logprob)] } } : {};
      return chunk(isChat ? { content: text } : { text }, more);
    }),
    tail: [
      ...toolCalls,
      chunk(isChat ? {} : { text: "" }, { finish_reason: toOpenaiFinish(reply) }),
      ...usage,
      "data: [DONE]\n\n",
    ],
  };
}

type Logprob = NonNullable<UpstreamReply["logprobs"]>[number];

function toOpenaiLogprob({ text, logprob, top = [] }: Logprob): JsonObject {
  const describe = (token: { readonly text: string; readonly logprob: number }) => ({
    ...{ token: token.text, logprob: token.logprob, bytes: [...new TextEncoder().encode(token.text)] },
  });
  return { ...describe({ text, logprob }), top_logprobs: top.map(describe) };
}

function toOpenaiFinish(reply: UpstreamReply): string {
  return reply.finish ?? (reply.toolCalls ? "tool_calls" : "stop");
}

function toOpenaiUsage(reply: UpstreamReply): JsonObject {
  const { promptTokens, completionTokens, cachedTokens = 0, reasoningTokens = 0 } = toUpstreamUsage(reply);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  };
}

function toCompletion(call: UpstreamCall, reply: UpstreamReply): JsonObject {
  const calls = reply.toolCalls?.map(({ id, name, arguments: text }) => ({
    ...{ id, type: "function", function: { name, arguments: text } },
  }));
  const message = {
    ...{ role: "assistant", content: toPieces(reply).join("") },
    ...(calls && { tool_calls: calls }),
  };
  return {
    ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model: call.model },
    choices: [{ index: 0, message, finish_reason: toOpenaiFinish(reply) }],
    ...(reply.usage === "none" ? {} : { usage: toOpenaiUsage(reply) }),
  };
}

function toAnthropicFrames(call: UpstreamCall, reply: UpstreamReply): UpstreamFrames {
  const frame = (type: string, fields: JsonObject = {}) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const start = { ...toMessage(call, reply), content: [], stop_reason: null };
  const hasText = toPieces(reply).length > 0;
  let index = 0;
  const block = (contentBlock: JsonObject, deltas: readonly JsonObject[]) => {
    const at = index;
    index += 1;
    return [
      frame("content_block_start", { index: at, content_block: contentBlock }),
      ...deltas.map((delta) => frame("content_block_delta", { index: at, delta })),
      frame("content_block_stop", { index: at }),
    ];
  };
  const { reasoning } = reply;
  const thinking =
    reasoning === undefined
      ? []
      : block({ type: "thinking", thinking: "", signature: "" }, [
          { type: "thinking_delta", thinking: reasoning },
          { type: "signature_delta", signature: "c2ln" },
        ]);
  const [textStart = "", ...textDeltas] = hasText
    ? block(
        { type: "text", text: "" },
        toPieces(reply).map((text) => ({ type: "text_delta", text })),
      )
    : [];
  const tools = (reply.toolCalls ?? []).flatMap(({ id, name, arguments: text }) => {
    const half = Math.ceil(text.length / 2);
    const parts = ["", text.slice(0, half), text.slice(half)];
    return block(
      { type: "tool_use", id, name, input: {} },
      parts.map((part) => ({ type: "input_json_delta", partial_json: part })),
    );
  });
  const delta = { stop_reason: toAnthropicStop(reply), stop_sequence: null };
  const usage = { output_tokens: toUpstreamUsage(reply).completionTokens };
  const ended = frame("message_delta", { delta, ...(reply.usage === "none" ? {} : { usage }) });
  return {
    head: [frame("message_start", { message: start }), frame("ping"), ...thinking, textStart].filter(
      (text) => text !== "",
    ),
    pieces: hasText ? textDeltas.slice(0, -1) : [],
    tail: [...textDeltas.slice(-1), ...tools, ended, frame("message_stop")],
  };
}

function toAnthropicStop(reply: UpstreamReply): string {
  return reply.finish ?? (reply.toolCalls ? "tool_use" : "end_turn");
}

function toMessage(call: UpstreamCall, reply: UpstreamReply): JsonObject {
  const { promptTokens, completionTokens, cachedTokens = 0 } = toUpstreamUsage(reply);
  const calls = (reply.toolCalls ?? []).map(({ id, name, arguments: text }) => ({
    ...{ type: "tool_use", id, name, input: JSON.parse(text) as JsonObject },
  }));
  const usage = {
    input_tokens: promptTokens - cachedTokens,
    cache_read_input_tokens: cachedTokens,
    cache_creation_input_tokens: 0,
    output_tokens: completionTokens,
  };
  return {
    ...{ id: "msg_1", type: "message", role: "assistant", model: call.model },
    content: [{ type: "text", text: toPieces(reply).join("") }, ...calls],
    ...{ stop_reason: toAnthropicStop(reply), stop_sequence: null },
    ...(reply.usage === "none" ? {} : { usage }),
  };
}
