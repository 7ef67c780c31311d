import type { StreamCodec } from "../answer.ts";
import { ndjsonFormat, toLine } from "../stream.ts";
import { type AnswerFormat, toEnd, toHead, toLogprobs } from "./answer-format.ts";
import type { AnswerPart, WholeAnswer } from "./answer-parts.ts";
import { toErrorBody } from "./errors.ts";
import type { WireToolCall } from "./tools.ts";

type Spoken = {
  readonly text: string;
  readonly thinking: string;
  readonly toolCalls: readonly WireToolCall[];
};

const silence: Spoken = { text: "", thinking: "", toolCalls: [] };

export function toChatAnswer(answer: WholeAnswer, format: AnswerFormat) {
  return {
    ...toHead(format),
    message: toMessage(answer),
    ...toLogprobs(format, answer.logprobs),
    ...toEnd(format, answer.end),
  };
}

/** The answer to a request without messages, which loads or unloads the model. */
export function toChatResidency(format: AnswerFormat, reason: "load" | "unload") {
  return { ...toHead(format), message: toMessage(silence), done: true, done_reason: reason };
}

export function createChatCodec(format: AnswerFormat): StreamCodec<AnswerPart> {
  const encode = (part: AnswerPart): string => {
    switch (part.type) {
      case "started":
        return "";
      case "delta":
        return toLine({ ...toDelta(part, format), ...toLogprobs(format, part.logprobs), done: false });
      case "end": {
        const logprobs = toLogprobs(format, part.logprobs);
        return toLine({ ...toDelta(silence, format), ...logprobs, ...toEnd(format, part) });
      }
      default:
        return part satisfies never;
    }
  };
  return {
    format: ndjsonFormat(() => toLine({ ...toDelta(silence, format), done: false })),
    encode,
    encodeError: (error) => toLine(toErrorBody(error)),
  };
}

function toDelta(spoken: Spoken, format: AnswerFormat) {
  return { ...toHead(format), message: toMessage(spoken) };
}

function toMessage({ text, thinking, toolCalls }: Spoken) {
  return {
    role: "assistant",
    content: text,
    ...(thinking === "" ? {} : { thinking }),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
  };
}
