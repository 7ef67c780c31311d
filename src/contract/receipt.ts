import type { JsonObject } from "./json.ts";

/** What a request wants from texts of the user's own. */
export type Retrieval = {
  readonly collections: readonly string[];
  /** Attributes that a text must have, each equal to the value or to one of the list. */
  readonly filter?: JsonObject;
  readonly maxResults?: number;
  /** From 0 to 1; what scores less is left out. */
  readonly minScore?: number;
  /** A model with a rank head that orders what was found anew. */
  readonly rerankModel?: string;
};

/** A text that an answer was given to rest on; `[index]` in the answer refers to it. */
export type Citation = {
  /** From 1. */
  readonly index: number;
  readonly collection: string;
  readonly chunkId: string;
  /** Path from the root that was indexed, or an address. */
  readonly source: string;
  /** Of an uploaded file: its id and the name that it was given. */
  readonly fileId?: string;
  readonly filename?: string;
  /** Lines from 1, both inclusive. */
  readonly startLine: number;
  readonly endLine: number;
  /** From 0 to 1. */
  readonly score: number;
  readonly text: string;
};

export type ContextReceipt = {
  readonly collections: readonly string[];
  readonly citations: readonly Citation[];
  /** `words` where no embedding model is there to tell meaning. */
  readonly mode: "words" | "vectors" | "hybrid";
  /** Why there is less than was asked for, or nothing. */
  readonly reason?: string;
};

export type CacheReceipt = {
  /** `off`: not looked up. `shadow`: an answer was there and was not served, to measure how often it would be wrong. */
  readonly outcome: "off" | "miss" | "exact" | "semantic" | "shadow";
  /** Why it was not looked up, or why a similar entry was not served. */
  readonly reason?: string;
  readonly entry?: string;
  readonly similarity?: number;
  readonly ageSeconds?: number;
};

export type RouteAttempt = {
  readonly model: string;
  readonly outcome: "answered" | "failed" | "escalated" | "skipped";
  readonly reason?: string;
  readonly durationMs?: number;
};

export type RouteReceipt = {
  readonly kind: "local" | "remote" | "cache";
  /** What the client asked for. */
  readonly asked: string;
  /** The rule that decided: `named`, `privacy`, `budget`, a rule of the policy, `escalated`, `fallback`. */
  readonly rule: string;
  readonly reason: string;
  readonly attempts: readonly RouteAttempt[];
  /** Mean probability of the local model's tokens, where it decided. */
  readonly confidence?: number;
  /** The bar that confidence was held against. */
  readonly bar?: number;
  /** The plugin that decided. */
  readonly policy?: string;
  /** What the policy was given and what it said, to be decided again by another. */
  readonly decision?: { readonly input: JsonObject; readonly output: JsonObject };
};

/** Why an answer is as it is and comes from where it comes. */
export type Receipt = {
  /** `MODEL`, or `MODEL@UPSTREAM` of another machine. */
  readonly answeredBy: string;
  readonly route: RouteReceipt;
  readonly cache: CacheReceipt;
  readonly context?: ContextReceipt;
};
