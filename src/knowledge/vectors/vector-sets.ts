import { sql } from "kysely";
import { AppError } from "../../base/index.ts";
import type { Queries } from "../../store/index.ts";
import type { Pace } from "../indexing/pace.ts";
import { rowsOf, toKey } from "../keys.ts";
import type { EmbeddingModel } from "./embedding-model.ts";
import { removeSigns, writeSigns } from "./sign-blocks.ts";
import { fromBlob, toBlob, toSigns } from "./signs.ts";

/** Vectors of one model for the chunks of one collection. */
export type VectorSet = {
  readonly id: number;
  readonly model: string;
  readonly model_mark: string;
  readonly dimension: number | null;
  readonly centre: Uint8Array | null;
  readonly vectors: number;
};

/** With fewer vectors each is compared; with more, signs choose which. */
export const maxComparedVectors = 2_000;
/** Rows of one statement. */
const batchRows = 64;
/** Rows that are read at once to make the signs of what is there. */
const readRows = 500;

export async function findSet(queries: Queries, id: number | null): Promise<VectorSet | undefined> {
  if (id === null) return undefined;
  return await queries
    .selectFrom("vector_set")
    .select(["id", "model", "model_mark", "dimension", "centre", "vectors"])
    .where("id", "=", id)
    .executeTakeFirst();
}

/** An empty set of vectors of `model`. */
export async function createSet(
  queries: Queries,
  collectionId: number,
  model: Pick<EmbeddingModel, "id" | "mark">,
  state: "current" | "next",
): Promise<VectorSet> {
  const set = { model: model.id, model_mark: model.mark, dimension: null, centre: null, vectors: 0 };
  const { id } = await queries
    .insertInto("vector_set")
    .values({ ...set, collection_id: collectionId, state })
    .returning("id")
    .executeTakeFirstOrThrow();
  return { ...set, id };
}

/**
 * Adds vectors of length 1 under the numbers of their chunks; the first one fixes the dimension. Throws AppError
 * conflict for another dimension.
 */
export async function addVectors(
  queries: Queries,
  set: VectorSet,
  vectors: readonly { readonly number: number; readonly vector: Float32Array }[],
  pace: Pace,
): Promise<VectorSet> {
  const [first] = vectors;
  if (!first) return set;
  const dimension = set.dimension ?? first.vector.length;
  const other = vectors.find(({ vector }) => vector.length !== dimension);
  if (other) throw differs(set, other.vector.length);
  const centre = set.centre === null ? undefined : fromBlob(set.centre);
  for (let start = 0; start < vectors.length; start += batchRows) {
    const batch = vectors.slice(start, start + batchRows);
    const rows = batch.map(({ number, vector }) => ({ id: toKey(set.id, number), vector: toBlob(vector) }));
    await queries.insertInto("chunk_vector").values(rows).execute();
    if (centre) await addSigns(queries, set.id, batch, centre);
    if (pace.isDue()) await pace.rest();
  }
  const grown = { ...set, dimension, vectors: set.vectors + vectors.length };
  await queries
    .updateTable("vector_set")
    .set({ dimension, vectors: grown.vectors })
    .where("id", "=", set.id)
    .execute();
  return centre || grown.vectors <= maxComparedVectors ? grown : await makeSigns(queries, grown, pace);
}

/** Throws AppError conflict with both dimensions. */
export function differs(
  { model, dimension }: Pick<VectorSet, "model" | "dimension">,
  given: number,
): AppError {
  const message = `${model} gave a vector of ${given} dimensions and the collection has vectors of ${dimension}; re-embed the collection to change its model`;
  return new AppError("conflict", message, { details: { dimension, given } });
}

/** Numbers `from` to `to`, the last one not among them, of a set. */
export async function removeVectors(
  queries: Queries,
  set: VectorSet,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  const { numDeletedRows } = await queries
    .deleteFrom("chunk_vector")
    .where("id", ">=", toKey(set.id, from))
    .where("id", "<", toKey(set.id, to))
    .executeTakeFirst();
  if (numDeletedRows === 0n) return;
  if (set.centre !== null) await removeSigns(queries, set, { from, to });
  await queries
    .updateTable("vector_set")
    .set({ vectors: sql`max(0, vectors - ${numDeletedRows})` })
    .where("id", "=", set.id)
    .execute();
}

async function makeSigns(queries: Queries, set: VectorSet, pace: Pace): Promise<VectorSet> {
  const dimension = set.dimension ?? 0;
  const centre = new Float32Array(dimension);
  for await (const { vector } of readVectors(queries, set, pace)) {
    for (let index = 0; index < dimension; index++)
      centre[index] = (centre[index] ?? 0) + (vector[index] ?? 0) / set.vectors;
  }
  let batch: { number: number; vector: Float32Array }[] = [];
  for await (const entry of readVectors(queries, set, pace)) {
    batch.push(entry);
    if (batch.length < batchRows) continue;
    await addSigns(queries, set.id, batch, centre);
    batch = [];
  }
  await addSigns(queries, set.id, batch, centre);
  const made = { ...set, centre: toBlob(centre) };
  await queries.updateTable("vector_set").set({ centre: made.centre }).where("id", "=", set.id).execute();
  return made;
}

async function addSigns(
  queries: Queries,
  setId: number,
  vectors: readonly { readonly number: number; readonly vector: Float32Array }[],
  centre: Float32Array,
): Promise<void> {
  const entries = vectors.map(({ number, vector }) => ({ number, signs: toSigns(vector, centre) }));
  await writeSigns(queries, { id: setId }, entries);
}

/** All vectors of a set in the order of their numbers. */
async function* readVectors(queries: Queries, { id }: VectorSet, pace: Pace) {
  const { from, to } = rowsOf(id);
  for (let next = from; ; ) {
    const rows = await queries
      .selectFrom("chunk_vector")
      .select(["id", "vector"])
      .where("id", ">=", next)
      .where("id", "<", to)
      .orderBy("id")
      .limit(readRows)
      .execute();
    for (const row of rows) yield { number: row.id - from, vector: fromBlob(row.vector) };
    const last = rows.at(-1);
    if (!last) return;
    next = last.id + 1;
    if (pace.isDue()) await pace.rest();
  }
}
