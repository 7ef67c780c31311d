/**
 * Collections, their documents, pieces of them and the words in those. A chunk has a number in its collection; its row
 * is `collection id · 2^32 + number`, and its vector's `vector set id · 2^32 + number`, so that each collection and each
 * vector set is one range of rows. The chunks of a document have numbers that follow one another.
 */
import type { Generated } from "kysely";

export type CollectionTable = {
  readonly id: Generated<number>;
  readonly name: string;
  readonly description: string;
  readonly label: string;
  /** Null: words only. */
  readonly embedding_model: string | null;
  /** 1 until the first document: the model is then the configured one. */
  readonly takes_configured_model: number;
  /** Null until the first vector is there. */
  readonly vector_set_id: number | null;
  readonly documents: number;
  readonly chunks: number;
  /** Of the next chunk; one that was given is never given again. */
  readonly next_number: number;
  readonly revision: number;
  /** 1: gone for everybody, while its rows are being deleted. */
  readonly removed: number;
  readonly created_at_ms: number;
  readonly changed_at_ms: number;
};

/** Vectors of one model for the chunks of a collection: those that are searched, or those that will be. */
export type VectorSetTable = {
  readonly id: Generated<number>;
  readonly collection_id: number;
  readonly model: string;
  /** What the model's file said of it, so that another one of the same name is noticed. */
  readonly model_mark: string;
  /** Null until the first vector is there. */
  readonly dimension: number | null;
  /** Mean of the vectors, float32; given: their signs against it are there. */
  readonly centre: Uint8Array | null;
  readonly vectors: number;
  /** `current`, `next` or `old`. */
  readonly state: string;
};

export type DocumentTable = {
  readonly id: Generated<number>;
  readonly public_id: string;
  readonly collection_id: number;
  /** Empty where it came without one. */
  readonly root: string;
  readonly source: string;
  readonly content_hash: string;
  /** JSON. */
  readonly attributes: string;
  readonly first_number: number;
  readonly chunks: number;
  readonly added_at_ms: number;
  readonly changed_at_ms: number;
};

/** Attributes by which documents are filtered, one row a value. */
export type DocumentAttributeTable = {
  readonly collection_id: number;
  readonly name: string;
  /** Text or number; truth values are 1 and 0. */
  readonly value: string | number;
  readonly document_id: number;
};

export type ChunkTable = {
  readonly id: number;
  readonly document_id: number;
  readonly text: string;
  readonly start_line: number;
  readonly end_line: number;
};

/** Words of chunks, FTS5 without their text; `rowid` is the chunk's. */
export type ChunkWordsTable = {
  readonly rowid: number;
  readonly text: string;
  /** Identifiers of the text in their parts. */
  readonly parts: string;
  readonly source: string;
};

export type ChunkVectorTable = {
  readonly id: number;
  /** Float32, of length 1. */
  readonly vector: Uint8Array;
};

/** Signs of vectors against the centre of their set, those of 512 neighbouring numbers in one row. */
export type ChunkSignsTable = {
  /** `vector set id · 2^32 + number / 512`. */
  readonly id: number;
  readonly signs: Uint8Array;
};

export type KnowledgeTables = {
  readonly collection: CollectionTable;
  readonly vector_set: VectorSetTable;
  readonly document: DocumentTable;
  readonly document_attribute: DocumentAttributeTable;
  readonly chunk: ChunkTable;
  readonly chunk_words: ChunkWordsTable;
  readonly chunk_vector: ChunkVectorTable;
  readonly chunk_signs: ChunkSignsTable;
};
