import type { Collection, StoredDocument } from "../../knowledge/index.ts";
import { formatTable, oneLine } from "../table.ts";
import { formatAgo } from "../times.ts";

const heads = ["NAME", "DOCUMENTS", "CHUNKS", "MODEL", "LABEL", "CHANGED"];

export function formatCollections(collections: readonly Collection[], nowMs: number = Date.now()): string {
  const rows = collections.map(({ name, documents, chunks, embeddingModel, label, changedAtMs }) => [
    ...[name, String(documents), String(chunks), embeddingModel ?? "words only", label],
    formatAgo(changedAtMs, nowMs),
  ]);
  return formatTable(heads, rows);
}

export function formatCollection(collection: Collection, documents: readonly StoredDocument[]): string {
  const { name, description, embeddingModel, dimension, label, chunks } = collection;
  const model = embeddingModel === undefined ? "words only" : embeddingModel;
  const rows = documents.map(({ source, root, chunks: count }) => [
    oneLine(source),
    String(count),
    oneLine(root ?? "-"),
  ]);
  const hidden = collection.documents - documents.length;
  return [
    `${name}${description === "" ? "" : `: ${oneLine(description)}`}\n`,
    `  model      ${model}${dimension === undefined ? "" : `, ${dimension} dimensions`}\n`,
    `  label      ${label}\n`,
    `  holds      ${collection.documents} documents, ${chunks} chunks\n`,
    ...(rows.length > 0 ? ["\n", formatTable(["SOURCE", "CHUNKS", "ROOT"], rows)] : []),
    ...(hidden > 0 ? [`and ${hidden} more; --limit shows them\n`] : []),
  ].join("");
}

export function toCollectionBody(collection: Collection) {
  const { name, description, embeddingModel = null, dimension = null, label } = collection;
  const { documents, chunks, revision, createdAtMs, changedAtMs } = collection;
  return {
    ...{ object: "collection", name, description, embedding_model: embeddingModel, dimension, label },
    ...{ documents, chunks, revision, created_at_ms: createdAtMs, changed_at_ms: changedAtMs },
  };
}

export function toDocumentBody(document: StoredDocument) {
  const { id, source, root = null, chunks, contentHash, attributes, addedAtMs } = document;
  return {
    ...{ object: "document", id, source, root, chunks, content_hash: contentHash, attributes },
    added_at_ms: addedAtMs,
  };
}
