/**
 * Reads the engine's events as the parts that Ollama's answers are made of. Streamed and whole answers are written from
 * the same parts, so the one is always the sum of the other.
 */
import { AppError } from "../../base/index.ts";
import type { FinishReason, GenerateEvent, Timings, TokenLogprob, Usage } from "../../contract/index.ts";
import type { JudgedEvent } from "../collect.ts";
import { toToolCall, type WireToolCall } from "./tools.ts";

export type AnswerDelta = {
  readonly type: "delta";
  readonly text: string;
  readonly thinking: string;
  readonly toolCalls: readonly WireToolCall[];
  /** Of the tokens since the delta before. */
  readonly logprobs: readonly TokenLogprob[];
};

export type AnswerEnd = {
  readonly type: "end";
  readonly reason: FinishReason;
  readonly usage: Usage;
  readonly timings: Timings;
  readonly logprobs: readonly TokenLogprob[];
  /** What judges say of it, where that was asked for. */
  readonly judged?: JudgedEvent;
  /** Tokens of the conversation so far, which the next request may give back. */
  readonly context?: readonly number[];
};

export type AnswerPart = { readonly type: "started" } | AnswerDelta | AnswerEnd;

type ToolCallEvent = Extract<GenerateEvent, { type: "tool-call" }>;
type OpenCall = { readonly id: string; readonly index: number; readonly name: string; arguments: string };

export async function* readParts(events: AsyncIterable<GenerateEvent>): AsyncGenerator<AnswerPart> {
  const read = createPartReader();
  for await (const event of events) {
    const part = read(event);
    if (part) yield part;
  }
}

function createPartReader(): (event: GenerateEvent) => AnswerPart | undefined {
  const logprobs: TokenLogprob[] = [];
  let call: OpenCall | undefined;
  let reason: FinishReason = "stop";
  let judged: JudgedEvent | undefined;

  const createDelta = (given: { readonly text?: string; readonly thinking?: string }): AnswerDelta => {
    const { text, toolCalls } = closeCall(call);
    call = undefined;
    return {
      type: "delta",
      text: text + (given.text ?? ""),
      thinking: given.thinking ?? "",
      toolCalls,
      logprobs: logprobs.splice(0),
    };
  };
  const readToolCall = (event: ToolCallEvent): AnswerDelta | undefined => {
    const closed = call && call.index !== event.index ? createDelta({}) : undefined;
    call ??= { id: event.id ?? "", index: event.index, name: event.name ?? "", arguments: "" };
    call.arguments += event.argumentsDelta;
    return closed;
  };

  return function readPart(event) {
    switch (event.type) {
      case "started":
        return { type: "started" };
      case "text":
        return createDelta({ text: event.text });
      case "reasoning":
        return createDelta({ thinking: event.text });
      case "tool-call":
        return readToolCall(event);
      case "logprobs":
        logprobs.push(...event.tokens);
        return undefined;
      case "finish":
        reason = event.reason;
        return call ? createDelta({}) : undefined;
      case "done": {
        const { usage, timings, conversation: context } = event;
        return {
          type: "end",
          reason,
          usage,
          timings,
          logprobs: logprobs.splice(0),
          ...(judged && { judged }),
          ...(context && { context }),
        };
      }
      case "judged":
        judged = event;
        return undefined;
      case "prompt-logprobs":
        return undefined;
      default:
        return event satisfies never;
    }
  };
}

/** Ollama gives a call whole; one that is cut off or broken is given as text. */
function closeCall(call: OpenCall | undefined): Pick<AnswerDelta, "text" | "toolCalls"> {
  if (!call) return { text: "", toolCalls: [] };
  const wire = toToolCall(call);
  if (wire) return { text: "", toolCalls: [wire] };
  return { text: `{"name":${JSON.stringify(call.name)},"arguments":${call.arguments}}`, toolCalls: [] };
}

export type WholeAnswer = Omit<AnswerDelta, "type"> & { readonly end: AnswerEnd };

export async function collectParts(parts: AsyncIterable<AnswerPart>): Promise<WholeAnswer> {
  const toolCalls: WireToolCall[] = [];
  const logprobs: TokenLogprob[] = [];
  let text = "";
  let thinking = "";
  let end: AnswerEnd | undefined;
  for await (const part of parts) {
    if (part.type === "started") continue;
    logprobs.push(...part.logprobs);
    if (part.type === "end") {
      end = part;
      continue;
    }
    text += part.text;
    thinking += part.thinking;
    toolCalls.push(...part.toolCalls);
  }
  if (!end) throw new AppError("server_error", "The engine ended an answer without its usage.");
  return { text, thinking, toolCalls, logprobs, end };
}
