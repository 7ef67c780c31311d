import type { Generated } from "kysely";

/** What lookups read of an answer that was given before. */
export type CacheEntryTable = {
  readonly id: Generated<number>;
  /** As clients see it. */
  readonly name: string;
  /** One value an API key. */
  readonly tenant: string;
  /** Canonical name of the model that was asked. */
  readonly model: string;
  /** Hash of everything but the question that changes the answer; holds the tenant. */
  readonly fingerprint: string;
  /** Of the normalised question. */
  readonly question_hash: string;
  /** Signs of the question's vector, one bit each; null where it has none. */
  readonly bits: Uint8Array | null;
  /** Tokens of the answer, which each hit saves. */
  readonly tokens: number;
  readonly hits: number;
  /** What it takes in both tables, about. */
  readonly bytes: number;
  /** Questions must be more alike than this: at it the answer was wrong. */
  readonly floor: number;
  readonly created_at_ms: number;
  readonly expires_at_ms: number;
  readonly last_hit_at_ms: number | null;
  /** The last hit, or the creation. */
  readonly last_used_at_ms: number;
};

/** The long part of an entry. */
export type CacheAnswerTable = {
  readonly entry_id: number;
  readonly question: string;
  /** JSON; written and read by `coordinator/cache`. */
  readonly answer: string;
  /** 32-bit floats, little-endian; null where the question was not embedded. */
  readonly embedding: Uint8Array | null;
};

export type CacheTagTable = { readonly tag: string; readonly entry_id: number };

/** A stored answer that was held against a similar question. */
export type CacheMatchTable = {
  readonly id: Generated<number>;
  /** The request that asked. */
  readonly request_id: string;
  /** Name of the entry. */
  readonly entry: string;
  readonly tenant: string;
  /** The model whose vectors were compared. */
  readonly space: string;
  readonly similarity: number;
  readonly served: number;
  /** Whether the answer was right for the question: 1 or 0; null where nobody knows. */
  readonly label: number | null;
  /** Who says so: `feedback`, `shadow`, `near` or `again`. */
  readonly source: string | null;
  readonly at_ms: number;
};

/** Threshold that a model's evaluation asks for. */
export type CacheStartTable = {
  readonly space: string;
  readonly threshold: number;
  /** JSON. */
  readonly report: string;
  readonly at_ms: number;
};

/** How often something happened, since the database was made. */
export type CacheCountTable = { readonly name: string; readonly value: number };

/** Answers that were given before, and what was learnt of how alike questions must be. */
export type CacheTables = {
  readonly cache_entry: CacheEntryTable;
  readonly cache_answer: CacheAnswerTable;
  readonly cache_tag: CacheTagTable;
  readonly cache_match: CacheMatchTable;
  readonly cache_start: CacheStartTable;
  readonly cache_count: CacheCountTable;
};
