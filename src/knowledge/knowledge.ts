import type { JsonObject } from "../contract/index.ts";
import type { KnowledgeDeps } from "./deps.ts";

/** A named set of documents that is searched as one. */
export type Collection = {
  readonly name: string;
  readonly description: string;
  /** Absent: searched by words alone. */
  readonly embeddingModel?: string;
  /** Of its vectors; absent until the first one is there. */
  readonly dimension?: number;
  /** `local`: what is found in it never leaves this machine. */
  readonly label: "local" | "any";
  readonly documents: number;
  readonly chunks: number;
  /** Grows with every change; part of the fingerprint of cached answers. */
  readonly revision: number;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
};

/** A piece of a document. */
export type Chunk = {
  readonly text: string;
  /** Lines from 1, both inclusive. */
  readonly startLine: number;
  readonly endLine: number;
};

export type NewDocument = {
  /** Path from the root that was indexed, an address, or a name that the client chose; unique in its collection. */
  readonly source: string;
  readonly chunks: readonly Chunk[];
  /** Hash of the content; a document of the same hash is left as it is. */
  readonly contentHash: string;
  /** Fields of the collection's schema and the client's own. */
  readonly attributes: JsonObject;
  /** What was indexed to find it, so that a later run can tell what is gone. */
  readonly root?: string;
};

export type StoredDocument = Omit<NewDocument, "chunks"> & {
  readonly id: string;
  readonly chunks: number;
  readonly addedAtMs: number;
};

export type SearchQuery = {
  readonly collections: readonly string[];
  readonly text: string;
  readonly maxResults: number;
  readonly filter?: JsonObject;
  readonly minScore?: number;
  readonly rerankModel?: string;
  readonly tenant: string;
};

export type Hit = {
  readonly chunkId: string;
  readonly documentId: string;
  readonly collection: string;
  readonly source: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly text: string;
  readonly attributes: JsonObject;
  /**
   * From 0 to 1: cosine where the collection has vectors, else the share of the query's words, weighted by rarity,
   * that the text holds. The order of hits is that of reciprocal rank fusion, or of the rerank model.
   */
  readonly score: number;
};

export type SearchResult = {
  readonly hits: readonly Hit[];
  readonly mode: "words" | "vectors" | "hybrid";
  /** Why there is less than was asked for, or nothing: an empty collection, a model that cannot be loaded. */
  readonly reason?: string;
};

export type Knowledge = {
  readonly deps: KnowledgeDeps;
};

export function createKnowledge(deps: KnowledgeDeps): Knowledge {
  return { deps };
}
