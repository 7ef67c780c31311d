import type { Chunk, Collection, Hit, StoredDocument } from "../../knowledge/index.ts";

export function toCollectionBody(collection: Collection) {
  const { name, description, embeddingModel, dimension, label, documents, chunks, revision } = collection;
  return {
    ...{ object: "collection", name, description, label, documents, chunks, revision },
    ...{ embedding_model: embeddingModel ?? null, dimension: dimension ?? null },
    created_at: toSeconds(collection.createdAtMs),
    changed_at: toSeconds(collection.changedAtMs),
  };
}

export function toDocumentBody({
  id,
  source,
  root,
  contentHash,
  chunks,
  attributes,
  addedAtMs,
}: StoredDocument) {
  return {
    ...{ object: "document", id, source, root: root ?? null, content_hash: contentHash },
    ...{ chunks, attributes, added_at: toSeconds(addedAtMs) },
  };
}

export function toChunkBody({ text, startLine, endLine }: Chunk) {
  return { text, start_line: startLine, end_line: endLine };
}

export function toHitBody(hit: Hit) {
  const { source, startLine, endLine, score, text, chunkId, documentId, collection, attributes } = hit;
  return {
    ...{ source, start_line: startLine, end_line: endLine, score, text, attributes },
    ...{ chunk_id: chunkId, document_id: documentId, collection },
  };
}

export function toSeconds(timeMs: number): number {
  return Math.floor(timeMs / 1000);
}
