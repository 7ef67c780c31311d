import type { Priority } from "../../contract/index.ts";
import type { AdapterSet } from "./adapters.ts";
import type { Sampler } from "./backend.ts";
import type { CacheEntry } from "./kv-cache.ts";

/** One answer in the making: a prompt, what was generated after it, and where its keys and values are. */
export type Sequence = {
  readonly id: number;
  readonly priority: Priority;
  readonly tenant: string;
  /** All sequences of a step compute with the same. */
  readonly adapters: AdapterSet;
  readonly sampler: Sampler;
  /** A grammar holds the answer; working one out can take unbounded time. */
  readonly hasGrammar: boolean;
  readonly cachePrompt: boolean;
  /** Logits are wanted for every prompt token. */
  readonly promptLogprobs: number | undefined;
  /** Prompt, then generated tokens; [0, length) are valid. */
  tokens: Int32Array;
  length: number;
  readonly promptLength: number;
  /** Prompt and answer may not grow beyond this. */
  readonly maxLength: number;
  /** Set while it holds a sequence of the KV cache. */
  entry: CacheEntry | undefined;
  /** Prompt tokens that were not evaluated again when it first ran. */
  reusedTokens: number | undefined;
  /** Place in line; a suspended sequence keeps it. */
  arrival: number;
  /** Number of the last step that it was part of. */
  lastStep: number;
  readonly queuedAtMs: number;
  startedAtMs: number | undefined;
  firstTokenAtMs: number | undefined;
};

/** Tokens that are known and not yet evaluated; one while decoding, more while the prompt is being evaluated. */
export function pendingTokens(sequence: Sequence): number {
  return sequence.length - (sequence.entry?.evaluated ?? 0);
}

export function appendToken(sequence: Sequence, token: number): void {
  if (sequence.length === sequence.tokens.length) {
    const grown = new Int32Array(Math.min(sequence.maxLength, sequence.tokens.length * 2));
    grown.set(sequence.tokens);
    sequence.tokens = grown;
  }
  sequence.tokens[sequence.length++] = token;
}

export function knownTokens(sequence: Sequence): Int32Array {
  return sequence.tokens.subarray(0, sequence.length);
}
