import type { JsonObject } from "../../contract/index.ts";
import type { InteractionTable } from "../../store/index.ts";

export const outcomes = ["success", "partial", "failure"] as const;
export type Outcome = (typeof outcomes)[number];
export type Feedback = -1 | 0 | 1;
export type AgentType = "local" | "remote";

/** Of a query, a response or a system message, in UTF-16 units, where its text is kept. */
export const maxKeptCharacters = 32_768;
/** Chunks that one answer rests on. */
export const maxContextIds = 64;

/** An answer to be remembered, before it is decided what is kept of it. */
export type NewInteraction = {
  readonly id: string;
  readonly tenant: string;
  readonly origin: "served" | "reported";
  readonly query: string;
  readonly response: string;
  readonly system?: string;
  readonly model: string;
  readonly agentType: AgentType;
  readonly route: "local" | "remote" | "cache";
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly latencyMs: number;
  readonly contextIds: readonly string[];
  /** Collections that the answer rests on. */
  readonly collections: readonly string[];
  readonly tags: readonly string[];
  readonly consent: boolean;
  /** Nothing made of it may leave this machine. */
  readonly isPrivate: boolean;
};

/** One that is remembered. */
export type Interaction = Omit<NewInteraction, "query" | "response" | "collections"> & {
  readonly content: "hash" | "redacted" | "full";
  /** Absent where only hashes are kept, as are `response` and `system`. */
  readonly query?: string;
  readonly response?: string;
  readonly queryHash: string;
  readonly responseHash: string;
  readonly queryLength: number;
  readonly responseLength: number;
  /** Whether less of the texts is kept than there was. */
  readonly isCut: boolean;
  readonly outcome: Outcome | "unknown";
  /** Whether the outcome was guessed. */
  readonly isInferred: boolean;
  readonly feedback?: Feedback;
  /** From 0 to 1; 0 until it is scored. */
  readonly value: number;
  /** Absent until it is scored. */
  readonly terms?: Readonly<Record<string, number>>;
  readonly documentId?: string;
  readonly patternId?: string;
  readonly createdAtMs: number;
  readonly outcomeAtMs?: number;
};

export type InteractionRow = Omit<InteractionTable, "position"> & { readonly position: number };

export function toInteraction(row: InteractionRow): Interaction {
  const { query, response, system, feedback, terms } = row;
  return {
    ...{ id: row.id, tenant: row.tenant, model: row.model, value: row.value },
    origin: row.origin as Interaction["origin"],
    content: row.content as Interaction["content"],
    ...(query !== null && { query }),
    ...(response !== null && { response }),
    ...(system !== null && { system }),
    ...{ queryHash: row.query_hash, responseHash: row.response_hash },
    ...{ queryLength: row.query_length, responseLength: row.response_length, isCut: row.cut === 1 },
    agentType: row.agent_type as AgentType,
    route: row.route as Interaction["route"],
    ...{ promptTokens: row.prompt_tokens, completionTokens: row.completion_tokens },
    ...{ latencyMs: row.latency_ms, contextIds: JSON.parse(row.context_ids), tags: JSON.parse(row.tags) },
    ...{ consent: row.consent === 1, isPrivate: row.private === 1 },
    ...{ outcome: row.outcome as Interaction["outcome"], isInferred: row.inferred === 1 },
    ...(feedback !== null && { feedback: feedback as Feedback }),
    ...(terms !== null && { terms: JSON.parse(terms) }),
    ...(row.document_id !== null && { documentId: row.document_id }),
    ...(row.pattern_id !== null && { patternId: row.pattern_id }),
    createdAtMs: row.created_at_ms,
    ...(row.outcome_at_ms !== null && { outcomeAtMs: row.outcome_at_ms }),
  };
}

/** As clients see it. */
export function toInteractionBody(interaction: Interaction): JsonObject {
  const { query, response, system, terms, feedback, patternId, outcomeAtMs } = interaction;
  return {
    ...{ interaction_id: interaction.id, origin: interaction.origin, content: interaction.content },
    ...(query !== undefined && { query }),
    ...(response !== undefined && { response }),
    ...(system !== undefined && { system }),
    ...{ query_hash: interaction.queryHash, response_hash: interaction.responseHash },
    ...{ query_length: interaction.queryLength, response_length: interaction.responseLength },
    ...{ cut: interaction.isCut, model_used: interaction.model, agent_type: interaction.agentType },
    ...{ route: interaction.route, context_ids: interaction.contextIds, tags: interaction.tags },
    ...{ prompt_tokens: interaction.promptTokens, completion_tokens: interaction.completionTokens },
    ...{ tokens_used: interaction.promptTokens + interaction.completionTokens },
    ...{ latency_ms: interaction.latencyMs, consent: interaction.consent, private: interaction.isPrivate },
    ...{ outcome: interaction.outcome, inferred: interaction.isInferred, feedback: feedback ?? null },
    ...{ value_score: interaction.value, value_terms: terms ?? null, pattern_id: patternId ?? null },
    created_at: new Date(interaction.createdAtMs).toISOString(),
    outcome_at: outcomeAtMs === undefined ? null : new Date(outcomeAtMs).toISOString(),
  };
}
