import { sql } from "kysely";
import { AppError, createId } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { Queries } from "../../store/index.ts";
import type { CollectionRow } from "../collections/collection-rows.ts";
import type { Pace } from "../indexing/pace.ts";
import { requireNumbers, toKey } from "../keys.ts";
import type { AddedDocument, NewDocument } from "../knowledge.ts";
import { addVectors, findSet, type VectorSet } from "../vectors/vector-sets.ts";
import { replaceAttributeRows } from "./attribute-rows.ts";
import { addWords, dropWords, type WaitingWords } from "./document-words.ts";
import { type FileHolder, findHolders, moveHolder, removeHolders, renameFile } from "./file-holders.ts";
import type { FilePlace } from "./file-places.ts";
import { removeChunks } from "./remove-documents.ts";
import { keepUse } from "./use-attributes.ts";

const batchRows = 32;

export type Prepared = {
  readonly document: NewDocument;
  /** One a chunk; absent in a collection without a model. */
  readonly vectors?: readonly Float32Array[];
};

/** `words`: of the documents that were written, for `writeWords`. */
export type WriteState = WaitingWords & {
  readonly collection: CollectionRow;
  /** Those that are searched, grown with each document. */
  set: VectorSet | undefined;
  nextNumber: number;
  readonly nowMs: number;
  readonly pace: Pace;
};

/**
 * Inside a transaction: adds a document with all its chunks, or replaces the one of the same file. That one stays with
 * its root where that lies further out than the document's, and comes to the document's where it lies further in.
 */
export async function writeDocument(
  queries: Queries,
  state: WriteState,
  { document, vectors }: Prepared,
): Promise<AddedDocument> {
  const { collection } = state;
  const { source, chunks, contentHash } = document;
  const given = { root: document.root ?? "", source };
  const [earlier, ...others] = await findHolders(queries, collection.id, given);
  await removeHolders(queries, state, others);
  const place = earlier && earlier.root.length <= given.root.length ? earlier : given;
  if (earlier?.content_hash === contentHash) {
    if (place !== earlier) await moveHolder(queries, state, earlier, place);
    return { id: earlier.public_id, source, status: "unchanged" };
  }
  if (state.set && !vectors) throw changedMeanwhile(document);
  if (earlier) await clearDocument(queries, state, earlier);
  requireNumbers(state.nextNumber, chunks.length, collection.name);
  const firstNumber = state.nextNumber;
  state.nextNumber += chunks.length;
  const placed = placeDocument(document, place);
  const { id, publicId } = await writeDocumentRow(queries, state, placed, firstNumber, earlier);
  await writeChunks(queries, state, { document: placed, firstNumber, documentId: id });
  if (vectors && state.set) {
    const numbered = vectors.map((vector, index) => ({ number: firstNumber + index, vector }));
    state.set = await addVectors(queries, state.set, numbered, state.pace);
  }
  await queries
    .updateTable("collection")
    .set({
      documents: sql`documents + ${earlier ? 0 : 1}`,
      chunks: sql`chunks + ${chunks.length - (earlier?.chunks ?? 0)}`,
      ...{ next_number: state.nextNumber, revision: sql`revision + 1`, changed_at_ms: state.nowMs },
    })
    .where("id", "=", collection.id)
    .execute();
  return { id: publicId, source, status: earlier ? "replaced" : "added" };
}

type PlacedDocument = NewDocument & FilePlace;

function placeDocument(document: NewDocument, { root, source }: FilePlace): PlacedDocument {
  const attributes = renameFile(document.attributes, document.source, source);
  return { ...document, root, source, attributes };
}

/** Deletes what a document holds before it is given something else. */
async function clearDocument(queries: Queries, state: WriteState, earlier: FileHolder): Promise<void> {
  dropWords(state, earlier);
  await removeChunks(queries, state.collection.id, earlier, state.pace);
  state.set = await findSet(queries, state.set?.id ?? null);
}

function changedMeanwhile({ source }: NewDocument): AppError {
  return new AppError("conflict", `${source} was changed by another process meanwhile; add it again`);
}

async function writeDocumentRow(
  queries: Queries,
  { collection, nowMs }: WriteState,
  { source, root, contentHash, attributes, chunks }: PlacedDocument,
  firstNumber: number,
  earlier: FileHolder | undefined,
): Promise<{ readonly id: number; readonly publicId: string }> {
  const kept: JsonObject = earlier ? keepUse(JSON.parse(earlier.attributes), attributes) : attributes;
  const content = {
    ...{ root, source, content_hash: contentHash, attributes: JSON.stringify(kept) },
    ...{ first_number: firstNumber, chunks: chunks.length, changed_at_ms: nowMs },
  };
  const publicId = earlier?.public_id ?? createId("doc");
  if (earlier) await queries.updateTable("document").set(content).where("id", "=", earlier.id).execute();
  const id =
    earlier?.id ??
    (
      await queries
        .insertInto("document")
        .values({
          ...content,
          public_id: publicId,
          collection_id: collection.id,
          added_at_ms: nowMs,
        })
        .returning("id")
        .executeTakeFirstOrThrow()
    ).id;
  await replaceAttributeRows(queries, { id, collectionId: collection.id }, kept);
  return { id, publicId };
}

async function writeChunks(
  queries: Queries,
  state: WriteState,
  {
    document: { source, chunks },
    firstNumber,
    documentId,
  }: { readonly document: NewDocument; readonly firstNumber: number; readonly documentId: number },
): Promise<void> {
  const { collection, pace } = state;
  const rows = chunks.map(({ text, startLine, endLine }, index) => {
    const lines = { start_line: startLine, end_line: endLine };
    return { id: toKey(collection.id, firstNumber + index), document_id: documentId, ...lines, text };
  });
  for (let start = 0; start < rows.length; start += batchRows) {
    await queries
      .insertInto("chunk")
      .values(rows.slice(start, start + batchRows))
      .execute();
    if (pace.isDue()) await pace.rest();
  }
  addWords(
    state,
    rows.map(({ id, text }) => ({ rowid: id, text, source })),
  );
}
