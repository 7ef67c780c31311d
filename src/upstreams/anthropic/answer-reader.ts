import type { FinishReason, GenerateEvent, Usage } from "../../contract/index.ts";
import { fromErrorFrame } from "../failures.ts";
import { parseFrame } from "../parse-frame.ts";
import { refuseAnswer, refuseFiltered } from "../refuse.ts";
import type { AnswerReader } from "../wire.ts";
import {
  eventSchema,
  knownEventSchema,
  knownEventTypes,
  type WireEvent,
  type WireUsage,
} from "./answer-frames.ts";

type BlockStart = Extract<WireEvent, { type: "content_block_start" }>;
type BlockDelta = Extract<WireEvent, { type: "content_block_delta" }>;
type Ending = Extract<WireEvent, { type: "message_delta" }>;

/** Most calls of one answer. */
const maxToolCalls = 256;

/** Reads the events of one message. */
export function createMessageReader(): AnswerReader {
  /** Calls by the number of their block. */
  const calls = new Map<number, { readonly index: number; hasArguments: boolean }>();
  let counts: WireUsage | undefined;
  let isFinished = false;
  let isOver = false;

  function* start({
    index: block,
    content_block: content,
  }: BlockStart): Generator<GenerateEvent, void, undefined> {
    if (content.type === "text" && content.text) yield { type: "text", choice: 0, text: content.text };
    if (content.type === "thinking" && content.thinking)
      yield { type: "reasoning", choice: 0, text: content.thinking };
    if (content.type !== "tool_use") return;
    const { id, name } = content;
    if (!id || !name) throw refuseAnswer("asked for a tool without its name or id");
    if (calls.size >= maxToolCalls) throw refuseAnswer(`asked for more than ${maxToolCalls} tool calls`);
    const index = calls.size;
    calls.set(block, { index, hasArguments: false });
    yield { type: "tool-call", choice: 0, index, id, name, argumentsDelta: "" };
  }
  function* add({ index: block, delta }: BlockDelta): Generator<GenerateEvent, void, undefined> {
    if (delta.type === "text_delta" && delta.text) yield { type: "text", choice: 0, text: delta.text };
    if (delta.type === "thinking_delta" && delta.thinking)
      yield { type: "reasoning", choice: 0, text: delta.thinking };
    const call = calls.get(block);
    if (delta.type !== "input_json_delta" || !delta.partial_json || !call) return;
    call.hasArguments = true;
    yield { type: "tool-call", choice: 0, index: call.index, argumentsDelta: delta.partial_json };
  }
  /** A tool without arguments is called with none at all, where our callers expect an empty object. */
  function* close(block: number): Generator<GenerateEvent, void, undefined> {
    const call = calls.get(block);
    if (call && !call.hasArguments)
      yield { type: "tool-call", choice: 0, index: call.index, argumentsDelta: "{}" };
  }
  function* finish({ delta, usage }: Ending): Generator<GenerateEvent, void, undefined> {
    if (usage) counts = merge(counts, usage);
    if (!delta.stop_reason || isFinished) return;
    isFinished = true;
    const reason = toFinishReason(delta.stop_reason);
    const stopSequence = delta.stop_sequence;
    yield { type: "finish", choice: 0, reason, ...(stopSequence ? { stopSequence } : {}) };
  }
  function read(event: WireEvent): Iterable<GenerateEvent> {
    switch (event.type) {
      case "message_start":
        if (event.message.usage) counts = merge(counts, event.message.usage);
        return [];
      case "content_block_start":
        return start(event);
      case "content_block_delta":
        return add(event);
      case "content_block_stop":
        return close(event.index);
      case "message_delta":
        return finish(event);
      case "message_stop":
        isOver = true;
        return [];
      case "error":
        throw fromErrorFrame(event.error);
      default:
        return event satisfies never;
    }
  }
  return {
    read({ data }) {
      const { type } = parseFrame(eventSchema, data);
      return knownEventTypes.has(type) ? [...read(parseFrame(knownEventSchema, data))] : [];
    },
    get isOver() {
      return isOver;
    },
    get usage() {
      return counts && toUsage(counts);
    },
    end() {
      if (!isFinished) throw refuseAnswer("ended its answer in the middle");
    },
  };
}

/** Later counts are of the whole answer, and leave out what has not changed. */
function merge(earlier: WireUsage | undefined, later: WireUsage): WireUsage {
  const told = Object.entries(later).filter(([, value]) => value !== null && value !== undefined);
  return { ...earlier, ...Object.fromEntries(told) };
}

/** Anthropic counts what was cached apart from the rest of the prompt. */
function toUsage(counts: WireUsage): Usage {
  const cachedTokens = counts.cache_read_input_tokens ?? 0;
  const promptTokens = (counts.input_tokens ?? 0) + cachedTokens + (counts.cache_creation_input_tokens ?? 0);
  return { promptTokens, cachedTokens, completionTokens: counts.output_tokens ?? 0, reasoningTokens: 0 };
}

function toFinishReason(word: string): FinishReason {
  if (word === "refusal") throw refuseFiltered();
  if (word === "max_tokens" || word === "model_context_window_exceeded") return "length";
  return word === "tool_use" ? "tool_calls" : "stop";
}
