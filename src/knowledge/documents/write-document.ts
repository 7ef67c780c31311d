import { sql } from "kysely";
import { AppError, createId } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { Queries } from "../../store/index.ts";
import type { CollectionRow } from "../collections/collection-rows.ts";
import type { Pace } from "../indexing/pace.ts";
import { numberOf, requireNumbers, toKey } from "../keys.ts";
import type { AddedDocument, NewDocument } from "../knowledge.ts";
import { splitIdentifiers } from "../search/identifiers.ts";
import { addVectors, type VectorSet } from "../vectors/vector-sets.ts";
import { replaceAttributeRows } from "./attribute-rows.ts";
import { removeChunks } from "./remove-documents.ts";
import { keepUse } from "./use-attributes.ts";

const batchRows = 32;

export type Prepared = {
  readonly document: NewDocument;
  /** One a chunk; absent in a collection without a model. */
  readonly vectors?: readonly Float32Array[];
};

export type WriteState = {
  readonly collection: CollectionRow;
  /** Those that are searched, grown with each document. */
  set: VectorSet | undefined;
  nextNumber: number;
  /** Of the documents that were written, for `writeWords`. */
  words: readonly ChunkWords[];
  readonly nowMs: number;
  readonly pace: Pace;
};

type ChunkWords = { readonly rowid: number; readonly text: string; readonly source: string };

/** Inside a transaction: adds a document with all its chunks, or replaces the one of the same root and source. */
export async function writeDocument(
  queries: Queries,
  state: WriteState,
  { document, vectors }: Prepared,
): Promise<AddedDocument> {
  const { collection, pace } = state;
  const { source, chunks, contentHash } = document;
  const earlier = await findDocument(queries, collection.id, document);
  if (earlier?.content_hash === contentHash) return { id: earlier.public_id, source, status: "unchanged" };
  if (state.set && !vectors) throw changedMeanwhile(document);
  if (earlier) {
    const [from, to] = [earlier.first_number, earlier.first_number + earlier.chunks];
    state.words = state.words.filter(({ rowid }) => numberOf(rowid) < from || numberOf(rowid) >= to);
    await removeChunks(queries, collection.id, earlier, pace);
  }
  requireNumbers(state.nextNumber, chunks.length, collection.name);
  const firstNumber = state.nextNumber;
  state.nextNumber += chunks.length;
  const { id, publicId } = await writeDocumentRow(queries, state, document, firstNumber, earlier);
  await writeChunks(queries, state, { document, firstNumber, documentId: id });
  if (vectors && state.set) {
    const numbered = vectors.map((vector, index) => ({ number: firstNumber + index, vector }));
    state.set = await addVectors(queries, state.set, numbered, pace);
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

function changedMeanwhile({ source }: NewDocument): AppError {
  return new AppError("conflict", `${source} was changed by another process meanwhile; add it again`);
}

type Earlier = NonNullable<Awaited<ReturnType<typeof findDocument>>>;

export async function findDocument(
  queries: Queries,
  collectionId: number,
  { source, root = "" }: Pick<NewDocument, "source" | "root">,
) {
  return await queries
    .selectFrom("document")
    .select(["id", "public_id", "content_hash", "attributes", "first_number", "chunks"])
    .where("collection_id", "=", collectionId)
    .where("root", "=", root)
    .where("source", "=", source)
    .executeTakeFirst();
}

async function writeDocumentRow(
  queries: Queries,
  { collection, nowMs }: WriteState,
  { source, root = "", contentHash, attributes, chunks }: NewDocument,
  firstNumber: number,
  earlier: Earlier | undefined,
): Promise<{ readonly id: number; readonly publicId: string }> {
  const kept: JsonObject = earlier ? keepUse(JSON.parse(earlier.attributes), attributes) : attributes;
  const content = {
    ...{ content_hash: contentHash, attributes: JSON.stringify(kept) },
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
          root,
          source,
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
  state.words = [...state.words, ...rows.map(({ id, text }) => ({ rowid: id, text, source }))];
}

/**
 * Inside a transaction, as the last of it: the words of all documents that were written. FTS5 writes what it has to the
 * disk before each other statement that may fail, which between documents would take most of the time.
 */
export async function writeWords(queries: Queries, { words, pace }: WriteState): Promise<void> {
  for (let start = 0; start < words.length; start += batchRows) {
    const rows = words.slice(start, start + batchRows).map(({ rowid, text, source }) => {
      return { rowid, text, parts: splitIdentifiers(text), source: `${source} ${splitIdentifiers(source)}` };
    });
    await queries.insertInto("chunk_words").values(rows).execute();
    if (pace.isDue()) await pace.rest();
  }
}
