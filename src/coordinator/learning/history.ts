import { cutText } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import { cosine, type Embedder } from "../../judges/index.ts";
import type { Hit, Knowledge, SearchResult } from "../../knowledge/index.ts";
import type { Interaction } from "./interaction.ts";

export const historyCollection = "interaction-history";
/** Of a query, in its document: what is compared. */
const maxComparedCharacters = 4_096;
/** Of a response, in its document. */
const maxResponseCharacters = 4_096;
/** Queries that one is compared with: more near ones than these change neither term of the value. */
const maxNeighbours = 32;
const near = 0.8;
const veryNear = 0.9;

/** An interaction whose query is as alike as 0.8. */
export type Neighbour = {
  readonly id: string;
  /** As alike as 0.9. */
  readonly isVeryNear: boolean;
};
/** Past queries of the same tenant that are as alike as 0.8 and as 0.9. */
export type Neighbours = { readonly n80: number; readonly n90: number };

type HistoryOptions = {
  knowledge(): Promise<Knowledge>;
  /** Tells likeness where the collection has no vectors. */
  readonly words: Embedder;
};

export type History = ReturnType<typeof createHistory>;

/**
 * Interactions whose texts are kept, as documents of `interaction-history`. What is private has none: the collection
 * may be asked for a question that goes elsewhere.
 */
export function createHistory({ knowledge, words }: HistoryOptions) {
  return {
    /** Ids of the documents by those of the interactions. */
    async add(
      interactions: readonly Interaction[],
      signal: AbortSignal,
    ): Promise<ReadonlyMap<string, string>> {
      const shown = interactions.filter(hasComparedText);
      if (shown.length === 0) return new Map();
      const { documents } = await knowledge();
      const added = await documents.add(historyCollection, shown.map(toDocument), signal);
      return new Map(added.map(({ source, id }) => [source, id]));
    },
    async noteOutcome({ documentId, outcome, feedback, value }: Interaction): Promise<void> {
      if (documentId === undefined) return;
      const { documents } = await knowledge();
      const changes = { outcome, user_feedback: feedback ?? 0, value_score: value };
      await documents.setAttributes(historyCollection, documentId, changes);
    },
    /** Those of interactions that are forgotten. */
    async remove(ids: readonly string[]): Promise<void> {
      const { documents } = await knowledge();
      await documents.removeSources(historyCollection, ids);
    },
    /** Queries of the same tenant that are near; whether they came before is for the caller to know. */
    async findNeighbours(
      { query = "", id, tenant }: Interaction,
      signal: AbortSignal,
    ): Promise<readonly Neighbour[]> {
      const text = cutText(query, maxComparedCharacters);
      if (text.trim() === "") return [];
      const { search } = await knowledge();
      const asked = { collections: [historyCollection], text, maxResults: maxNeighbours };
      const found = await search({ ...asked, filter: { tenant }, tenant }, signal);
      const likenesses = await measureLikeness(text, found, words, signal);
      return found.hits.flatMap(({ source }, index) => {
        const likeness = likenesses[index] ?? 0;
        return source === id || likeness < near ? [] : [{ id: source, isVeryNear: likeness >= veryNear }];
      });
    },
  };
}

/** Cosines with each hit, in their order: the collection's own where it has vectors, those of the words elsewhere. */
export async function measureLikeness(
  text: string,
  { hits, mode }: Pick<SearchResult, "hits" | "mode">,
  words: Embedder,
  signal: AbortSignal,
): Promise<readonly number[]> {
  if (mode !== "words") return hits.map(({ score }) => score);
  const [asked, ...others] = await words.embed([text, ...hits.map((hit: Hit) => hit.text)], signal);
  return others.map((other) => (asked ? cosine(asked, other) : 0));
}

/** Whether the query becomes a document, by which others are found to be near. */
export function hasComparedText({ isPrivate, query = "", content }: Interaction): boolean {
  return !isPrivate && content !== "hash" && query.trim() !== "";
}

function toDocument(interaction: Interaction) {
  const { id, query = "" } = interaction;
  const text = cutText(query, maxComparedCharacters);
  return {
    ...{ source: id, contentHash: interaction.queryHash, attributes: toAttributes(interaction) },
    chunks: [{ text, startLine: 1, endLine: text.split("\n").length }],
  };
}

function toAttributes(interaction: Interaction): JsonObject {
  const { query = "", response = "", feedback = 0, promptTokens, completionTokens } = interaction;
  return {
    query: cutText(query, maxComparedCharacters),
    response: cutText(response, maxResponseCharacters),
    ...{ agent_type: interaction.agentType, model_used: interaction.model },
    ...{ context_provided: interaction.contextIds, outcome: interaction.outcome, user_feedback: feedback },
    ...{ tokens_used: promptTokens + completionTokens, latency_ms: Math.round(interaction.latencyMs) },
    ...{ timestamp: interaction.createdAtMs, value_score: interaction.value },
    ...{ tenant: interaction.tenant, consent: interaction.consent },
  };
}
