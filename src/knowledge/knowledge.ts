import { join } from "node:path";
import type { JsonObject } from "../contract/index.ts";
import { createCollections } from "./collections/collections.ts";
import type { KnowledgeDeps } from "./deps.ts";
import { createDocuments } from "./documents/documents.ts";
import { createFileBatches, type FileBatches } from "./file-batches/file-batches.ts";
import { type AttachFile, createAttachFile } from "./files/attach-file.ts";
import { createFileStore, type FileStore } from "./files/file-store.ts";
import { createIndexing, type Indexing } from "./indexing/indexing.ts";
import { search } from "./search/search.ts";
import { findEmbeddingModel } from "./vectors/embedding-model.ts";

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
  /** Path from the root that was indexed, an address, or a name that the client chose; unique among those of its root. */
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
  /** `local`: the text is looked up by words alone where the collection's model is on another machine. */
  readonly privacy?: "local";
};

export type Hit = {
  readonly chunkId: string;
  readonly documentId: string;
  readonly collection: string;
  readonly source: string;
  /** What was indexed to find it. */
  readonly root?: string;
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

export type NewCollection = {
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  readonly description?: string;
  /** Null: words only. Absent: the configured model. */
  readonly embeddingModel?: string | null;
  /** Absent: `any`. */
  readonly label?: "local" | "any";
};

export type Collections = {
  list(): Promise<readonly Collection[]>;
  find(name: string): Promise<Collection | undefined>;
  /** Throws AppError not_found naming those that are there. */
  get(name: string): Promise<Collection>;
  /** Throws AppError: conflict for a name that is taken, invalid_request for a remote model and the label `local`. */
  create(asked: NewCollection): Promise<Collection>;
  update(
    name: string,
    changes: { readonly description?: string; readonly label?: "local" | "any" },
  ): Promise<Collection>;
  /** False where there is none. The five that are always there are emptied instead. */
  remove(name: string): Promise<boolean>;
  /** Gives all its texts vectors of another model (null: none), and changes over when they are all there. */
  reembed(name: string, model: string | null, options: ReembedOptions): Promise<Collection>;
  /** One text for fingerprints; another one after any change of what these collections hold. */
  revision(names: readonly string[]): Promise<string>;
};

export type ReembedOptions = {
  onProgress?(done: number, total: number): void;
  readonly signal: AbortSignal;
};

export type AddedDocument = {
  readonly id: string;
  readonly source: string;
  readonly status: "added" | "replaced" | "unchanged";
};

export type DocumentPage = {
  /** Id of the last document of the page before. */
  readonly after?: string;
  readonly limit: number;
  readonly root?: string;
};

export type Documents = {
  /** Each document whole or not at all; those before one that fails stay. Throws AppError invalid_request, conflict. */
  add(
    collection: string,
    documents: readonly NewDocument[],
    signal: AbortSignal,
  ): Promise<readonly AddedDocument[]>;
  /** The oldest first. */
  list(collection: string, page: DocumentPage): Promise<readonly StoredDocument[]>;
  /** A source is that of a document which came without a root. */
  find(
    collection: string,
    by: { readonly id: string } | { readonly source: string },
  ): Promise<StoredDocument | undefined>;
  /** Throws AppError not_found. */
  get(collection: string, id: string): Promise<StoredDocument & { readonly text: readonly Chunk[] }>;
  /** Merges into what is there; null takes one away. Throws AppError not_found. */
  setAttributes(collection: string, id: string, attributes: JsonObject): Promise<void>;
  /** How many were there. */
  remove(collection: string, ids: readonly string[]): Promise<number>;
  /** Of the documents that `root` brought; absent: of those that came without one. */
  removeSources(collection: string, sources: readonly string[], root?: string): Promise<number>;
  /** Source to content hash of what a root brought; `below`: only in this folder of it, named with its slash. */
  hashes(collection: string, root: string, below?: string): Promise<ReadonlyMap<string, string>>;
  /** Notes that answers rested on these; what helped gains a little rank. Chunks that are gone are passed over. */
  noteUse(chunkIds: readonly string[], use: { readonly success: boolean }): Promise<void>;
};

export type Knowledge = Indexing & {
  readonly collections: Collections;
  readonly documents: Documents;
  readonly files: FileStore;
  readonly attachFile: AttachFile;
  readonly fileBatches: FileBatches;
  /**
   * Throws AppError not_found for a collection, invalid_request for a filter and for a rerank model elsewhere where the
   * texts are to stay here; what else is wrong with a model is a reason of the result.
   */
  search(query: SearchQuery, signal: AbortSignal): Promise<SearchResult>;
};

export function createKnowledge(deps: KnowledgeDeps): Knowledge {
  const [collections, documents] = [createCollections(deps), createDocuments(deps)];
  const modelId = async (name: string) => (await findEmbeddingModel(deps.engine, name)).id;
  const indexing = createIndexing({ knowledge: { collections, documents, modelId } });
  const files = createFileStore({ ...deps, folder: join(deps.home, "files") });
  const attachFile = createAttachFile({ files, documents, prepare: indexing.prepare });
  const { database, now, logger } = deps;
  return {
    ...{ ...indexing, collections, documents, files, attachFile },
    fileBatches: createFileBatches({ database, now, logger, files, attach: attachFile }),
    search: (query, signal) => search(deps, query, signal),
  };
}
