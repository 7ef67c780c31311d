import type {
  FinishReason,
  GenerateEvent,
  GenerateRequest,
  TokenLogprob,
  Usage,
} from "../../contract/index.ts";
import { fromErrorFrame } from "../failures.ts";
import { parseFrame } from "../parse-frame.ts";
import { refuseAnswer, refuseFiltered } from "../refuse.ts";
import type { AnswerReader } from "../wire.ts";
import { chunkSchema, type WireChoice, type WireToken, type WireUsage } from "./answer-frames.ts";
import { createToolReader, type ToolReader } from "./tool-reader.ts";

const streamEnd = "[DONE]";

type Choice = { readonly tools: ToolReader; isFinished: boolean };

/** Reads the chunks of a chat or of a text. */
export function createOpenaiReader({ id, choices: count }: GenerateRequest): AnswerReader {
  const choices = Array.from({ length: count }, (_, index): Choice => {
    return { tools: createToolReader(index, count === 1 ? id : `${id}_${index}`), isFinished: false };
  });
  const toTokens = createTokenReader();
  let isOver = false;
  let usage: Usage | undefined;

  function* readChoice(wire: WireChoice): Generator<GenerateEvent, void, undefined> {
    const choice = choices[wire.index];
    if (!choice) throw refuseAnswer(`answered for choice ${wire.index} of ${count}`);
    const { delta, finish_reason: reason } = wire;
    const at = wire.index;
    const reasoning = delta?.reasoning_content || delta?.reasoning;
    if (reasoning) yield { type: "reasoning", choice: at, text: reasoning };
    const text = delta?.content || delta?.refusal || wire.text;
    if (text) yield { type: "text", choice: at, text };
    for (const call of delta?.tool_calls ?? []) yield* choice.tools.read(call);
    const tokens = wire.logprobs?.content;
    if (tokens && tokens.length > 0) yield { type: "logprobs", choice: at, tokens: toTokens(tokens) };
    if (!reason || choice.isFinished) return;
    choice.isFinished = true;
    yield { type: "finish", choice: at, reason: toFinishReason(reason, choice.tools.count > 0) };
  }
  return {
    read(frame) {
      if (frame.data.trim() === streamEnd) {
        isOver = true;
        return [];
      }
      const chunk = parseFrame(chunkSchema, frame.data);
      if (chunk.error !== undefined && chunk.error !== null) throw fromErrorFrame(chunk.error);
      if (frame.event === "error") throw fromErrorFrame(chunk);
      if (chunk.usage) usage = toUsage(chunk.usage);
      return (chunk.choices ?? []).flatMap((choice) => [...readChoice(choice)]);
    },
    get isOver() {
      return isOver;
    },
    get usage() {
      return usage;
    },
    end() {
      if (!choices.every(({ isFinished }) => isFinished))
        throw refuseAnswer("ended its answer in the middle");
    },
  };
}

/** Some servers say `stop` of an answer that ends with calls. */
function toFinishReason(word: string, hasCalls: boolean): FinishReason {
  if (word === "content_filter") throw refuseFiltered();
  if (word === "length") return "length";
  return hasCalls || word === "tool_calls" || word === "function_call" ? "tool_calls" : "stop";
}

function toUsage(wire: WireUsage): Usage {
  return {
    promptTokens: wire.prompt_tokens,
    cachedTokens: wire.prompt_tokens_details?.cached_tokens ?? 0,
    completionTokens: wire.completion_tokens ?? 0,
    reasoningTokens: wire.completion_tokens_details?.reasoning_tokens ?? 0,
  };
}

/** Upstreams do not tell the ids of tokens: each text gets one of its own within an answer. */
function createTokenReader(): (tokens: readonly WireToken[]) => readonly TokenLogprob[] {
  const ids = new Map<string, number>();
  const encoder = new TextEncoder();
  function toAlternative({ token, logprob, bytes }: Pick<WireToken, "token" | "logprob" | "bytes">) {
    const spelling = bytes ? Uint8Array.from(bytes) : encoder.encode(token);
    const key = spelling.join();
    const id = ids.get(key) ?? ids.size;
    ids.set(key, id);
    return { token: id, bytes: spelling, logprob };
  }
  return (tokens) =>
    tokens.map((token) => ({
      ...toAlternative(token),
      top: (token.top_logprobs ?? []).map(toAlternative),
    }));
}
