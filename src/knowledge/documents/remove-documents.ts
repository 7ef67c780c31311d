import { sql } from "kysely";
import type { Queries } from "../../store/index.ts";
import type { Pace } from "../indexing/pace.ts";
import { toKey } from "../keys.ts";
import { removeVectors } from "../vectors/vector-sets.ts";
import { removeAttributeRows } from "./attribute-rows.ts";
import { removeWords } from "./document-words.ts";

/** Chunks of one statement. */
const batchChunks = 256;

export type RemovedDocument = {
  readonly id: number;
  readonly first_number: number;
  readonly chunks: number;
};

/** Inside a transaction: deletes documents with all that is stored of them. */
export async function removeDocuments(
  queries: Queries,
  collectionId: number,
  documents: readonly RemovedDocument[],
  { nowMs, pace }: { readonly nowMs: number; readonly pace: Pace },
): Promise<void> {
  if (documents.length === 0) return;
  const ids = documents.map(({ id }) => id);
  for (const document of documents) await removeChunks(queries, collectionId, document, pace);
  await removeAttributeRows(queries, ids);
  await queries.deleteFrom("document").where("id", "in", ids).execute();
  const chunks = documents.reduce((sum, document) => sum + document.chunks, 0);
  await queries
    .updateTable("collection")
    .set({
      ...{ documents: sql`documents - ${ids.length}`, chunks: sql`chunks - ${chunks}` },
      ...{ revision: sql`revision + 1`, changed_at_ms: nowMs },
    })
    .where("id", "=", collectionId)
    .execute();
}

/** Inside a transaction: deletes the text, the words and the vectors of a document, of vectors that are being made too. */
export async function removeChunks(
  queries: Queries,
  collectionId: number,
  { first_number: first, chunks }: RemovedDocument,
  pace: Pace,
): Promise<void> {
  const sets = await queries
    .selectFrom("vector_set")
    .select(["id", "model", "model_mark", "dimension", "centre", "vectors"])
    .where("collection_id", "=", collectionId)
    .where("state", "in", ["current", "next"])
    .execute();
  for (let from = first; from < first + chunks; from += batchChunks) {
    const to = Math.min(from + batchChunks, first + chunks);
    const [low, high] = [toKey(collectionId, from), toKey(collectionId, to)];
    await queries.deleteFrom("chunk").where("id", ">=", low).where("id", "<", high).execute();
    await removeWords(queries, { low, high });
    for (const set of sets) await removeVectors(queries, set, { from, to });
    if (pace.isDue()) await pace.rest();
  }
}
