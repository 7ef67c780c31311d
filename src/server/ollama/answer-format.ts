import type { FinishReason, TokenLogprob } from "../../contract/index.ts";
import { toHearthField } from "../hearth-fields.ts";
import { toContentLogprob } from "../logprobs.ts";
import type { AnswerEnd } from "./answer-parts.ts";
import { toTime } from "./details.ts";
import { toStatistics } from "./statistics.ts";

/** How an answer is written, as the request asked for it. */
export type AnswerFormat = {
  /** As the client wrote it. */
  readonly model: string;
  readonly hasLogprobs: boolean;
  /** Since the request came in. */
  readonly elapsedMs: () => number;
};

/** The two fields that every object of an answer begins with. */
export function toHead(format: Pick<AnswerFormat, "model">) {
  return { model: format.model, created_at: toTime(Date.now()) };
}

export function toLogprobs(format: AnswerFormat, tokens: readonly TokenLogprob[]) {
  return format.hasLogprobs && tokens.length > 0 ? { logprobs: tokens.map(toContentLogprob) } : {};
}

/** What the last object of an answer ends with. */
export function toEnd(format: AnswerFormat, end: AnswerEnd) {
  return {
    done: true,
    done_reason: toDoneReason(end.reason),
    ...(end.context ? { context: end.context } : {}),
    ...(end.judged ? { hearth: toHearthField(end.judged) } : {}),
    ...toStatistics(end.usage, end.timings, format.elapsedMs()),
  };
}

/** Ollama ends an answer that calls tools like any other. */
function toDoneReason(reason: FinishReason): "stop" | "length" {
  return reason === "length" ? "length" : "stop";
}
