import type { Generated } from "kysely";

/** An answer that was given, and what came of it. */
export type InteractionTable = {
  /** Grows with every row, whatever the clock does. */
  readonly position: Generated<number>;
  /** The id that the answer carried, or that a client was given for one made elsewhere. */
  readonly id: string;
  /** Whose it is: one value an API key. Nobody else sees it. */
  readonly tenant: string;
  /** `served` here, or `reported` by a client. */
  readonly origin: string;
  /** What is kept of query, response and system: `hash` (neither of them), `redacted` or `full`. */
  readonly content: string;
  /** The last message of the user. */
  readonly query: string | null;
  readonly response: string | null;
  /** The system message it was asked under, if any. */
  readonly system: string | null;
  /** Hexadecimal SHA-256 of the whole text, as is `response_hash`. */
  readonly query_hash: string;
  readonly response_hash: string;
  /** In UTF-16 units, of the whole text, as is `response_length`. */
  readonly query_length: number;
  readonly response_length: number;
  /** Whether less of the texts is kept than there was. */
  readonly cut: number;
  /** Who answered: `MODEL`, or `MODEL@UPSTREAM`. */
  readonly model: string;
  /** `local` or `remote`. */
  readonly agent_type: string;
  /** Where the answer came from: `local`, `remote` or `cache`. */
  readonly route: string;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly latency_ms: number;
  /** JSON: ids of the chunks that the answer was given to rest on. */
  readonly context_ids: string;
  /** JSON: names that the client gave it. */
  readonly tags: string;
  readonly consent: number;
  /** Whether nothing made of it may leave this machine. */
  readonly private: number;
  /** `success`, `partial`, `failure` or `unknown`. */
  readonly outcome: string;
  /** Whether the outcome was guessed and nobody has confirmed it. */
  readonly inferred: number;
  /** -1, 0 or 1; null until somebody said so. */
  readonly feedback: number | null;
  /** From 0 to 1; 0 until it is scored. */
  readonly value: number;
  /** JSON: the terms of the value; null until it is scored. */
  readonly terms: string | null;
  /** Whether the outcome was counted for the chunks: that is done once. */
  readonly contexts_noted: number;
  /** Of `interaction-history`; null where there is none. */
  readonly document_id: string | null;
  /** Of `skills-patterns`: the pattern that was made of it, or that took it in. */
  readonly pattern_id: string | null;
  readonly created_at_ms: number;
  readonly outcome_at_ms: number | null;
};

/** Answers and tokens of one day, so that counts outlive the interactions. */
export type UsageDayTable = {
  readonly tenant: string;
  /** UTC, as 2026-01-31. */
  readonly day: string;
  /** `local`, `remote` or `cache`. */
  readonly route: string;
  readonly model: string;
  readonly answers: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
};

/** Interactions, what came of them, and what they used. */
export type LearningTables = {
  readonly interaction: InteractionTable;
  readonly usage_day: UsageDayTable;
};
