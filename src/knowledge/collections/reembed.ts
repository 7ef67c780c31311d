import { AppError } from "../../base/index.ts";
import type { Queries } from "../../store/index.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { knowledgeTenant } from "../documents/embed-documents.ts";
import { createPace, type Pace } from "../indexing/pace.ts";
import { numberOf, rowsOf, toKey } from "../keys.ts";
import type { ReembedOptions } from "../knowledge.ts";
import { embedTexts } from "../vectors/embed-texts.ts";
import { type EmbeddingModel, findEmbeddingModel, requireLocal } from "../vectors/embedding-model.ts";
import { addVectors, createSet, findSet, type VectorSet } from "../vectors/vector-sets.ts";
import { type CollectionRow, getRow, rereadRow } from "./collection-rows.ts";
import { sweep } from "./sweep.ts";

/** Chunks that are embedded before their vectors are committed. */
const batchChunks = 64;

export type ReembedRequest = ReembedOptions & { readonly name: string; readonly model: string | null };

/**
 * Makes vectors of another model beside those that are searched, and changes over once every chunk has one. Begun again
 * after it was stopped, it goes on from where it was.
 */
export async function reembed(deps: KnowledgeDeps, request: ReembedRequest): Promise<void> {
  const { kysely } = await deps.database();
  const collection = await getRow(kysely, request.name);
  if (request.model === null) {
    await changeOver(kysely, collection, { model: null, nowMs: deps.now() });
    await sweep(kysely);
    return;
  }
  const model = await findEmbeddingModel(deps.engine, request.model);
  requireLocal(collection.name, collection.label, model);
  const set = await openNextSet(kysely, collection, model);
  await fillSet({ deps, kysely, collection, model, request }, set);
  await sweep(kysely);
}

/** The set that was begun for this model, or a new one. */
async function openNextSet(
  kysely: Queries,
  collection: CollectionRow,
  model: EmbeddingModel,
): Promise<VectorSet> {
  return await kysely.transaction().execute(async (queries) => {
    const begun = await queries
      .selectFrom("vector_set")
      .select(["id", "model", "model_mark"])
      .where("collection_id", "=", collection.id)
      .where("state", "=", "next")
      .execute();
    const same = begun.find((set) => set.model === model.id && set.model_mark === model.mark);
    const others = begun.flatMap(({ id }) => (id === same?.id ? [] : [id]));
    if (others.length > 0) {
      await queries.updateTable("vector_set").set({ state: "old" }).where("id", "in", others).execute();
    }
    const found = await findSet(queries, same?.id ?? null);
    return found ?? (await createSet(queries, collection.id, model, "next"));
  });
}

type Filling = {
  readonly deps: KnowledgeDeps;
  readonly kysely: Queries;
  readonly collection: CollectionRow;
  readonly model: EmbeddingModel;
  readonly request: ReembedRequest;
};

/** Chunks have rising numbers: what follows the last vector has none yet, also where documents were added meanwhile. */
async function fillSet(
  { deps, kysely, collection, model, request }: Filling,
  first: VectorSet,
): Promise<void> {
  const { signal, onProgress } = request;
  const pace = createPace(signal);
  let last = await findLastNumber(kysely, first.id);
  let dimension = first.dimension;
  for (;;) {
    signal.throwIfAborted();
    const chunks = await readChunks(kysely, collection.id, last);
    if (chunks.length === 0) {
      const change = { model, setId: first.id, last, nowMs: deps.now() };
      if (await changeOver(kysely, collection, change)) return;
      continue;
    }
    const options = {
      ...{ model: model.id, prompt: model.prompts.document, tenant: knowledgeTenant },
      ...(collection.label === "local" && { privacy: "local" as const }),
      ...(dimension !== null && { dimension }),
    };
    const texts = chunks.map(({ text }) => text);
    const vectors = await embedTexts(deps.engine, texts, options, signal);
    const added = chunks.map(({ id }, index) => ({ id, number: numberOf(id), vector: vectors[index] }));
    const set = await addNext(kysely, first.id, added, pace);
    dimension = set.dimension;
    last = numberOf(chunks.at(-1)?.id ?? 0);
    onProgress?.(set.vectors, Math.max(set.vectors, (await rereadRow(kysely, collection)).chunks));
    await pace.rest();
  }
}

type NextVector = { readonly id: number; readonly number: number; readonly vector: Float32Array | undefined };

/** Those whose chunks are still there and that no other process has added. Throws AppError conflict where another process has changed the model meanwhile. */
async function addNext(
  kysely: Queries,
  setId: number,
  added: readonly NextVector[],
  pace: Pace,
): Promise<VectorSet> {
  return await kysely.transaction().execute(async (queries) => {
    const state = await queries
      .selectFrom("vector_set")
      .select("state")
      .where("id", "=", setId)
      .executeTakeFirst();
    const set = await findSet(queries, setId);
    if (!set || state?.state !== "next") {
      throw new AppError(
        "conflict",
        "another process changed the collection's model meanwhile; see which one it has",
      );
    }
    const rows = await queries
      .selectFrom("chunk")
      .select("id")
      .where(
        "id",
        "in",
        added.map(({ id }) => id),
      )
      .execute();
    const there = new Set(rows.map(({ id }) => id));
    const last = await findLastNumber(queries, setId);
    const vectors = added.flatMap(({ id, number, vector }) =>
      vector && there.has(id) && number > last ? [{ number, vector }] : [],
    );
    return await addVectors(queries, set, vectors, pace);
  });
}

async function readChunks(kysely: Queries, collectionId: number, after: number) {
  return await kysely
    .selectFrom("chunk")
    .select(["id", "text"])
    .where("id", ">", toKey(collectionId, after))
    .where("id", "<", rowsOf(collectionId).to)
    .orderBy("id")
    .limit(batchChunks)
    .execute();
}

async function findLastNumber(kysely: Queries, setId: number): Promise<number> {
  const { from, to } = rowsOf(setId);
  const row = await kysely
    .selectFrom("chunk_vector")
    .select("id")
    .where("id", ">=", from)
    .where("id", "<", to)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? 0 : numberOf(row.id);
}

type Change =
  | { readonly model: null; readonly nowMs: number }
  | {
      readonly model: EmbeddingModel;
      readonly setId: number;
      /** Number of the last chunk that has a vector. */
      readonly last: number;
      readonly nowMs: number;
    };

/** False where chunks were added that have no vector yet. */
async function changeOver(kysely: Queries, before: CollectionRow, change: Change): Promise<boolean> {
  return await kysely.transaction().execute(async (queries) => {
    const collection = await rereadRow(queries, before);
    if (change.model !== null && (await readChunks(queries, collection.id, change.last)).length > 0)
      return false;
    const setId = change.model === null ? null : change.setId;
    await queries
      .updateTable("vector_set")
      .set({ state: "old" })
      .where("collection_id", "=", collection.id)
      .where("id", "!=", setId ?? 0)
      .execute();
    if (setId !== null) {
      await queries.updateTable("vector_set").set({ state: "current" }).where("id", "=", setId).execute();
    }
    await queries
      .updateTable("collection")
      .set({
        ...{ embedding_model: change.model?.id ?? null, vector_set_id: setId, takes_configured_model: 0 },
        ...{ revision: collection.revision + 1, changed_at_ms: change.nowMs },
      })
      .where("id", "=", collection.id)
      .execute();
    return true;
  });
}
