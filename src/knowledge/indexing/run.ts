import type { JsonObject } from "../../contract/index.ts";
import type { IndexedDocuments } from "../documents/documents.ts";
import type { Collections } from "../knowledge.ts";
import type { IndexProgress } from "./index-types.ts";
import type { PdfReader } from "./readers/pdf-reader.ts";
import type { Tally } from "./report.ts";

/** What indexing needs of the knowledge that it fills. */
export type IndexStore = {
  readonly collections: Pick<Collections, "find" | "create" | "update" | "reembed">;
  readonly documents: Pick<IndexedDocuments, "add" | "hashes" | "removeSources" | "roots">;
  /** The id of an embedding model that was named in any of its ways. Throws AppError model_not_found, invalid_request. */
  modelId(name: string): Promise<string>;
};

/** What one run of indexing works with. */
export type IndexRun = {
  readonly knowledge: IndexStore;
  readonly collection: string;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly pdfReader: PdfReader;
  readonly maxBytes: number;
  readonly onProgress?: (progress: IndexProgress) => void;
};

/** Grows when documents are read in another way, so that they are all read again. */
const readingVersion = 1;

/** Hash of a document's bytes, as it is stored. */
export function hashContent(bytes: Uint8Array): string {
  return `${readingVersion}-${new Bun.CryptoHasher("sha256").update(bytes).digest("hex")}`;
}

/** Fields of codebase-context that an index knows; the rest is filled in by use. */
export function toAttributes(source: string, attributes: JsonObject): JsonObject {
  return { file_path: source, framework: "", ...attributes };
}
