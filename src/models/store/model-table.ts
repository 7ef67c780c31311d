import { sql } from "kysely";
import type { Queries } from "../../store/index.ts";
import type { Manifest, ModelRow } from "./manifest.ts";

/** Rows of all models, or of one, in one query and by name. */
export function selectModels(db: Queries, name?: string): Promise<readonly ModelRow[]> {
  const query = db
    .selectFrom("model")
    .innerJoin("manifest", "manifest.id", "model.manifest_id")
    .leftJoin("model_use", "model_use.name", "model.name")
    .select(["model.name", "manifest.digest", "manifest.content", "manifest.settings"])
    .select(["model.created_at_ms", "model.modified_at_ms", "model_use.uses", "model_use.last_used_at_ms"]);
  return (name === undefined ? query.orderBy("model.name") : query.where("model.name", "=", name)).execute();
}

/** The manifest that a name stands for. */
export async function findManifest(db: Queries, name: string): Promise<number | undefined> {
  const row = await db.selectFrom("model").select("manifest_id").where("name", "=", name).executeTakeFirst();
  return row?.manifest_id;
}

/** Adds a manifest and what it refers to, unless it is there. Returns its id. */
export async function insertManifest(db: Queries, manifest: Manifest, atMs: number): Promise<number> {
  const { digest, content, settings, blobs } = manifest;
  const known = await db.selectFrom("manifest").select("id").where("digest", "=", digest).executeTakeFirst();
  if (known) return known.id;
  const row = { digest, content, settings, created_at_ms: atMs };
  const { id } = await db.insertInto("manifest").values(row).returning("id").executeTakeFirstOrThrow();
  const rows = blobs.map((blob) => ({ manifest_id: id, blob: blob.digest, bytes: blob.bytes }));
  if (rows.length > 0) await db.insertInto("manifest_blob").values(rows).execute();
  return id;
}

/** Makes a name stand for a manifest from now on. */
export async function pointName(db: Queries, name: string, id: number, atMs: number): Promise<void> {
  await db
    .insertInto("model")
    .values({ name, manifest_id: id, created_at_ms: atMs, modified_at_ms: atMs })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ manifest_id: id, modified_at_ms: atMs }))
    .execute();
}

export async function deleteName(db: Queries, name: string): Promise<void> {
  await db.deleteFrom("model").where("name", "=", name).execute();
  await db.deleteFrom("model_use").where("name", "=", name).execute();
}

/** Removes a manifest that no name stands for; returns those of its blobs that nothing refers to then. */
export async function dropUnnamed(db: Queries, id: number): Promise<readonly string[]> {
  const alone = await db
    .selectFrom("manifest_blob as own")
    .select("own.blob")
    .where("own.manifest_id", "=", id)
    .where(({ not, exists, selectFrom }) => {
      const other = selectFrom("manifest_blob as other").select("other.blob");
      return not(exists(other.whereRef("other.blob", "=", "own.blob").where("other.manifest_id", "!=", id)));
    })
    .execute();
  const dropped = await db
    .deleteFrom("manifest")
    .where("id", "=", id)
    .where("id", "not in", (names) => names.selectFrom("model").select("manifest_id"))
    .returning("id")
    .execute();
  return dropped.length === 0 ? [] : alone.map(({ blob }) => blob);
}

/** Every blob that a manifest refers to. */
export async function selectReferenced(db: Queries): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom("manifest_blob").select("blob").distinct().execute();
  return new Set(rows.map(({ blob }) => blob));
}

export type BlobBytes = { readonly ownBytes: number; readonly sharedBytes: number };

/** For each name the bytes of blobs that it alone needs, and of those that other names need too. */
export async function selectBlobBytes(db: Queries): Promise<ReadonlyMap<string, BlobBytes>> {
  const rows = await db
    .with("needed", (cte) =>
      cte
        .selectFrom("manifest_blob")
        .innerJoin("model", "model.manifest_id", "manifest_blob.manifest_id")
        .select(({ fn }) => ["manifest_blob.blob", fn.countAll<number>().as("names")])
        .groupBy("manifest_blob.blob"),
    )
    .selectFrom("model")
    .leftJoin("manifest_blob", "manifest_blob.manifest_id", "model.manifest_id")
    .leftJoin("needed", "needed.blob", "manifest_blob.blob")
    .select("model.name")
    .select([
      sql<number>`coalesce(sum(case when needed.names = 1 then manifest_blob.bytes end), 0)`.as("ownBytes"),
      sql<number>`coalesce(sum(case when needed.names > 1 then manifest_blob.bytes end), 0)`.as(
        "sharedBytes",
      ),
    ])
    .groupBy("model.name")
    .execute();
  return new Map(rows.map(({ name, ownBytes, sharedBytes }) => [name, { ownBytes, sharedBytes }]));
}
