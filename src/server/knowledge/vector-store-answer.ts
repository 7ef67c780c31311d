import {
  type BatchFile,
  type Chunk,
  type Collection,
  type FileBatch,
  fileIdAttribute,
  filenameAttribute,
  type Hit,
  type StoredDocument,
  type UploadedFile,
} from "../../knowledge/index.ts";
import { toSeconds } from "./collection-answer.ts";

type Unfinished = Omit<FileBatch["counts"], "completed">;

const nothing: Unfinished = { in_progress: 0, failed: 0, cancelled: 0 };

/** `unfinished`: files that it was to take and has not, by collection. */
export function toVectorStoreBody(
  { name, description, documents, createdAtMs, changedAtMs }: Collection,
  unfinished: ReadonlyMap<string, Unfinished>,
) {
  const counts = { ...(unfinished.get(name) ?? nothing), completed: documents };
  return {
    ...{ id: name, object: "vector_store", name: description === "" ? name : description },
    ...{ created_at: toSeconds(createdAtMs), last_active_at: toSeconds(changedAtMs) },
    status: counts.in_progress > 0 ? "in_progress" : "completed",
    file_counts: withTotal(counts),
    metadata: {},
  };
}

function withTotal(counts: FileBatch["counts"]) {
  return { ...counts, total: counts.in_progress + counts.completed + counts.failed + counts.cancelled };
}

export function toVectorStoreFileBody(store: string, document: StoredDocument) {
  return {
    ...{ id: fileIdOf(document), object: "vector_store.file", vector_store_id: store },
    ...{ created_at: toSeconds(document.addedAtMs), status: "completed", last_error: null },
    attributes: ownAttributes(document),
  };
}

export function toFileBatchBody({ id, collection, status, counts, createdAtMs }: FileBatch) {
  return {
    ...{ id, object: "vector_store.files_batch", created_at: toSeconds(createdAtMs) },
    ...{ vector_store_id: collection, status, file_counts: withTotal(counts) },
  };
}

export function toBatchFileBody(
  { collection, createdAtMs }: Pick<FileBatch, "collection" | "createdAtMs">,
  { fileId, attributes, status, error }: BatchFile,
) {
  return {
    ...{ id: fileId, object: "vector_store.file", vector_store_id: collection },
    ...{ created_at: toSeconds(createdAtMs), status, last_error: error ?? null, attributes },
  };
}

/** A document that no upload made goes by its own id. */
export function fileIdOf({ id, attributes }: Pick<StoredDocument, "id" | "attributes">): string {
  const fileId = attributes[fileIdAttribute];
  return typeof fileId === "string" ? fileId : id;
}

/** Without those that clients see as fields. */
function ownAttributes({ attributes }: Pick<StoredDocument, "attributes">) {
  const { [fileIdAttribute]: _id, [filenameAttribute]: _name, ...own } = attributes;
  return own;
}

export function toSearchPage(queries: readonly string[], hits: readonly Hit[]) {
  return {
    ...{ object: "vector_store.search_results.page", search_query: queries },
    data: hits.map((hit) => ({
      file_id: fileIdOf({ id: hit.documentId, attributes: hit.attributes }),
      filename: String(hit.attributes[filenameAttribute] ?? hit.source),
      score: hit.score,
      attributes: { ...ownAttributes(hit), start_line: hit.startLine, end_line: hit.endLine },
      content: [{ type: "text", text: hit.text }],
    })),
    ...{ has_more: false, next_page: null },
  };
}

export function toContentPage(text: readonly Chunk[]) {
  return {
    object: "vector_store.file_content.page",
    data: text.map((chunk) => ({ type: "text", text: chunk.text })),
    ...{ has_more: false, next_page: null },
  };
}

export function toFileBody({ id, filename, purpose, bytes, createdAtMs }: UploadedFile) {
  return {
    ...{ id, object: "file", filename, purpose, bytes },
    ...{ created_at: toSeconds(createdAtMs), status: "processed" },
  };
}

/** A page as OpenAI's clients walk it. */
export function toListBody<T extends { readonly id: string }>(items: readonly T[], limit: number) {
  const data = items.slice(0, limit);
  return {
    ...{ object: "list", data, has_more: items.length > limit },
    ...{ first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null },
  };
}
