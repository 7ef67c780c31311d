/**
 * Turns generated tokens into the events of one answer: bytes to text without splitting characters, stop strings that
 * span tokens, then reasoning and tool calls through the template's parser. Nothing that may still become a stop
 * string leaves before it is decided.
 */
import type { FinishReason, GenerateEvent, TokenLogprob } from "../../contract/index.ts";
import type { AnswerDelta, AnswerParser } from "./backend.ts";

export type AnswerOptions = {
  readonly choice: number;
  readonly stops: readonly string[];
  readonly parser: AnswerParser | undefined;
  readonly emit: (event: GenerateEvent) => void;
  /** Gives the logprobs of the next `count` tokens that were added; absent where none are wanted. */
  readonly takeLogprobs?: (count: number) => readonly TokenLogprob[];
  /** Whether logprobs may come after the text of their tokens. */
  readonly lateLogprobs?: boolean;
};

/** Tokens whose logprobs are told at once where they may be late. */
const lateTokens = 64;

/** A parse costs time in proportion to the answer: it is repeated once the answer has grown by this share. */
const reparseShare = 1 / 256;

export class Answer {
  readonly #options: AnswerOptions;
  readonly #decoder = new TextDecoder("utf-8");
  readonly #longestStop: number;
  /** Decoded text that is held back because it may begin a stop string. */
  #held = "";
  /** All released text, kept only where a parser needs it. */
  #text = "";
  #parsedLength = 0;
  /** Tokens whose logprobs were not told yet. */
  #untold = 0;
  #hasToolCalls = false;
  #lastDelta: AnswerDelta["type"] = "text";
  #reasoningTokens = 0;
  #stopSequence: string | undefined;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.#longestStop = options.stops.reduce((longest, stop) => Math.max(longest, stop.length), 0);
  }

  /** The stop string that ended the answer, once one has been met. */
  get stopSequence(): string | undefined {
    return this.#stopSequence;
  }

  /** Tokens that came while the answer was reasoning. */
  get reasoningTokens(): number {
    return this.#reasoningTokens;
  }

  /** Adds a token's bytes. Afterwards `stopSequence` tells whether the answer has ended. */
  add(bytes: Uint8Array): void {
    this.#untold++;
    this.#held += this.#decoder.decode(bytes, { stream: true });
    const stop = this.#findStop();
    if (stop) {
      this.#stopSequence = stop.text;
      this.#held = this.#held.slice(0, stop.index);
      return;
    }
    this.#release(this.#held.length - this.#partialStopLength());
    if (this.#lastDelta === "reasoning") this.#reasoningTokens++;
  }

  /** Ends the answer: what was held back is released and the finish event emitted. */
  finish(reason: Exclude<FinishReason, "tool_calls">): void {
    if (this.#stopSequence === undefined) this.#held += this.#decoder.decode();
    this.#release(this.#held.length);
    this.#parse({ final: true });
    this.#releaseLogprobs();
    const finishReason = this.#hasToolCalls && reason === "stop" ? "tool_calls" : reason;
    this.#options.emit({
      type: "finish",
      choice: this.#options.choice,
      reason: finishReason,
      ...(this.#stopSequence !== undefined && { stopSequence: this.#stopSequence }),
    });
  }

  free(): void {
    this.#options.parser?.free();
  }

  #release(length: number): void {
    if (length <= 0) return;
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    const mayWait = this.#options.lateLogprobs && this.#untold < lateTokens;
    if (this.#held.length === 0 && !mayWait) this.#releaseLogprobs();
    if (this.#options.parser) {
      this.#text += text;
      const grown = this.#text.length - this.#parsedLength;
      if (grown >= this.#text.length * reparseShare) this.#parse({ final: false });
    } else this.#emitDelta({ type: "text", text });
  }

  #releaseLogprobs(): void {
    const { choice, takeLogprobs, emit } = this.#options;
    if (takeLogprobs && this.#untold > 0)
      emit({ type: "logprobs", choice, tokens: takeLogprobs(this.#untold) });
    this.#untold = 0;
  }

  #parse(options: { readonly final: boolean }): void {
    if (!this.#options.parser) return;
    this.#parsedLength = this.#text.length;
    for (const delta of this.#options.parser.parse(this.#text, options)) this.#emitDelta(delta);
  }

  #emitDelta(delta: AnswerDelta): void {
    if (delta.type === "tool-call") this.#hasToolCalls = true;
    else if (delta.text.length === 0) return;
    this.#lastDelta = delta.type;
    this.#options.emit({ ...delta, choice: this.#options.choice });
  }

  #findStop(): { readonly index: number; readonly text: string } | undefined {
    let first: { index: number; text: string } | undefined;
    for (const text of this.#options.stops) {
      const index = this.#held.indexOf(text);
      if (index >= 0 && (!first || index < first.index)) first = { index, text };
    }
    return first;
  }

  /** Length of the longest end of the held text that begins a stop string. */
  #partialStopLength(): number {
    for (let length = Math.min(this.#longestStop - 1, this.#held.length); length > 0; length--) {
      const end = this.#held.slice(-length);
      if (this.#options.stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
