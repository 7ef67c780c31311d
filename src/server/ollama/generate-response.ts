import type { StreamCodec } from "../answer.ts";
import { ndjsonFormat, toLine } from "../stream.ts";
import { type AnswerFormat, toEnd, toHead, toLogprobs } from "./answer-format.ts";
import type { AnswerPart, WholeAnswer } from "./answer-parts.ts";
import { toErrorBody } from "./errors.ts";

type Spoken = { readonly text: string; readonly thinking: string };

const silence: Spoken = { text: "", thinking: "" };

export function toGenerateAnswer(answer: WholeAnswer, format: AnswerFormat) {
  return {
    ...toDelta(answer, format),
    ...toLogprobs(format, answer.logprobs),
    ...toEnd(format, answer.end),
  };
}

/** The answer to a request without a prompt, which loads or unloads the model. */
export function toGenerateResidency(format: AnswerFormat, reason: "load" | "unload") {
  return { ...toDelta(silence, format), done: true, done_reason: reason };
}

export function createGenerateCodec(format: AnswerFormat): StreamCodec<AnswerPart> {
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

function toDelta({ text, thinking }: Spoken, format: AnswerFormat) {
  return { ...toHead(format), response: text, ...(thinking === "" ? {} : { thinking }) };
}
