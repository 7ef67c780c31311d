import { AppError } from "../../base/index.ts";
import type { Database, Queries } from "../../store/index.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { resolveModel } from "../documents/embed-documents.ts";
import type { Collection, Collections, NewCollection } from "../knowledge.ts";
import { findEmbeddingModel, requireLocal } from "../vectors/embedding-model.ts";
import { findSet } from "../vectors/vector-sets.ts";
import { checkDescription, checkName } from "./check-collection.ts";
import { type CollectionRow, findRow, getRow, listRows, toCollection } from "./collection-rows.ts";
import { reembed } from "./reembed.ts";
import { firstCollections } from "./schemas.ts";
import { sweep } from "./sweep.ts";

const maxCollections = 1_000;

export function createCollections(deps: KnowledgeDeps): Collections {
  const { now, embeddingModel: configured } = deps;
  const show = (row: CollectionRow): Collection => toCollection(row, configured);
  const get = async (name: string) => show(await getRow((await deps.database()).kysely, name));

  async function create(asked: NewCollection): Promise<Collection> {
    const { name, description = "", label = "any" } = asked;
    checkName(name);
    checkDescription(description);
    const model = await chooseModel(deps, asked);
    const { kysely } = await deps.database();
    await kysely.transaction().execute(async (queries) => {
      await requirePlace(queries, name);
      await insertCollection(queries, {
        ...{ name, description, label, nowMs: now() },
        ...{ model: model ?? null, takesConfigured: asked.embeddingModel === undefined },
      });
    });
    return await get(name);
  }

  async function update(
    name: string,
    { description, label }: { readonly description?: string; readonly label?: "local" | "any" },
  ): Promise<Collection> {
    if (description !== undefined) checkDescription(description);
    const { kysely } = await deps.database();
    const row = await getRow(kysely, name);
    if (label === "local") {
      await resolveModel(deps, { ...row, label }, await findSet(kysely, row.vector_set_id));
    }
    await kysely
      .updateTable("collection")
      .set({
        changed_at_ms: now(),
        ...(description !== undefined && { description }),
        ...(label !== undefined && { label }),
      })
      .where("id", "=", row.id)
      .execute();
    return await get(name);
  }

  async function remove(name: string): Promise<boolean> {
    const database = await deps.database();
    const isRemoved = await hideCollection(database, name, now());
    if (isRemoved) await sweep(database.kysely);
    return isRemoved;
  }

  return {
    async list() {
      const { kysely } = await deps.database();
      return (await listRows(kysely)).map(show);
    },
    async find(name) {
      const { kysely } = await deps.database();
      const row = await findRow(kysely, name);
      return row && show(row);
    },
    ...{ get, create, update, remove },
    async reembed(name, model, options) {
      await reembed(deps, { name, model, ...options });
      return await get(name);
    },
    async revision(names) {
      const { kysely } = await deps.database();
      const rows = new Map((await listRows(kysely)).map((row) => [row.name, row]));
      const parts = [...new Set(names)].sort().map((name) => {
        const row = rows.get(name);
        return row ? `${name}:${row.id}:${row.revision}` : `${name}:none`;
      });
      return parts.join(",");
    },
  };
}

/** The model's id; undefined for words only. Throws where the label and the model do not go together. */
async function chooseModel(
  { engine, embeddingModel }: KnowledgeDeps,
  { name, label = "any", embeddingModel: asked }: NewCollection,
): Promise<string | undefined> {
  const chosen = asked === undefined ? embeddingModel : asked;
  if (chosen === null || chosen === undefined) return undefined;
  const model = await findEmbeddingModel(engine, chosen);
  requireLocal(name, label, model);
  return model.id;
}

async function requirePlace(queries: Queries, name: string): Promise<void> {
  const rows = await listRows(queries);
  if (rows.some((row) => row.name === name)) {
    throw new AppError("conflict", `there is a collection ${name} already; add to it, or remove it first`);
  }
  if (rows.length < maxCollections) return;
  const message = `there are ${rows.length} collections and ${maxCollections} is the most; remove one first`;
  throw new AppError("conflict", message);
}

type InsertedCollection = {
  readonly name: string;
  readonly description: string;
  readonly label: string;
  readonly model: string | null;
  readonly takesConfigured: boolean;
  readonly nowMs: number;
};

async function insertCollection(
  queries: Queries,
  { name, description, label, model, takesConfigured, nowMs }: InsertedCollection,
): Promise<void> {
  await queries
    .insertInto("collection")
    .values({
      ...{ name, description, label, embedding_model: takesConfigured ? null : model },
      ...{ takes_configured_model: takesConfigured ? 1 : 0, vector_set_id: null },
      ...{ documents: 0, chunks: 0, next_number: 1, revision: 1, removed: 0 },
      ...{ created_at_ms: nowMs, changed_at_ms: nowMs },
    })
    .execute();
}

/** Takes the name away, so that another collection can have it; the rows are deleted afterwards. */
async function hideCollection({ kysely }: Database, name: string, nowMs: number): Promise<boolean> {
  return await kysely.transaction().execute(async (queries) => {
    const row = await findRow(queries, name);
    if (!row) return false;
    await queries
      .updateTable("collection")
      .set({ name: `removed/${row.id}`, removed: 1 })
      .where("id", "=", row.id)
      .execute();
    if (firstCollections.includes(name)) {
      const { description, label } = row;
      const fresh = { name, description, label, model: null, takesConfigured: true, nowMs };
      await insertCollection(queries, fresh);
    }
    return true;
  });
}
