export type { KnowledgeDeps } from "./deps.ts";
export {
  type BatchFile,
  type BatchStatus,
  batchStatuses,
  type FileBatch,
} from "./file-batches/file-batch.ts";
export type { FileBatches } from "./file-batches/file-batches.ts";
export { fileIdAttribute, filenameAttribute, toFileSource } from "./files/attach-file.ts";
export type { FileStore, UploadedFile } from "./files/file-store.ts";
export { createFileMemory, type FileMemory } from "./indexing/file-memory.ts";
export {
  defaultMaxFileBytes,
  type IndexOptions,
  type IndexProgress,
  type IndexReport,
  type IndexRequest,
  type SkippedFile,
  type SkipReason,
  skipReasons,
} from "./indexing/index-types.ts";
export type { Content, Unprepared } from "./indexing/indexing.ts";
export { watchSource } from "./indexing/watch/watch-source.ts";
export {
  type AddedDocument,
  type Chunk,
  type Collection,
  type Collections,
  createKnowledge,
  type DocumentPage,
  type Documents,
  type Hit,
  type Knowledge,
  type NewCollection,
  type NewDocument,
  type ReembedOptions,
  type SearchQuery,
  type SearchResult,
  type StoredDocument,
} from "./knowledge.ts";
export { isOwnedByOther } from "./ownership.ts";
