import { sql } from "kysely";
import type { Queries } from "../../store/index.ts";
import { removeAttributeRows } from "../documents/attribute-rows.ts";
import { rowsOf } from "../keys.ts";

/** Rows of one statement. */
const batchRows = 250;
/** Of signs, which stand in rows of many kilobytes. */
const batchSigns = 32;

/**
 * Deletes what belongs to collections that were removed and vectors that nobody searches any more, a little at a time.
 * What a process that died has left is deleted by the next call.
 */
export async function sweep(kysely: Queries): Promise<void> {
  const collections = await kysely.selectFrom("collection").select("id").where("removed", "=", 1).execute();
  for (const { id } of collections) await sweepCollection(kysely, id);
  const sets = await kysely.selectFrom("vector_set").select("id").where("state", "=", "old").execute();
  for (const { id } of sets) await sweepSet(kysely, id);
}

async function sweepCollection(kysely: Queries, id: number): Promise<void> {
  await kysely.updateTable("vector_set").set({ state: "old" }).where("collection_id", "=", id).execute();
  const { from, to } = rowsOf(id);
  await repeat(async () => {
    const last = await findLast(kysely, "chunk", { from, to, most: batchRows });
    if (last === undefined) return false;
    await kysely.transaction().execute(async (queries) => {
      await queries.deleteFrom("chunk").where("id", ">=", from).where("id", "<=", last).execute();
      await queries.deleteFrom("chunk_words").where("rowid", ">=", from).where("rowid", "<=", last).execute();
    });
    return true;
  });
  await repeat(async () => {
    const rows = await kysely
      .selectFrom("document")
      .select("id")
      .where("collection_id", "=", id)
      .limit(batchRows)
      .execute();
    const ids = rows.map((row) => row.id);
    if (ids.length === 0) return false;
    await kysely.transaction().execute(async (queries) => {
      await removeAttributeRows(queries, ids);
      await queries.deleteFrom("document").where("id", "in", ids).execute();
    });
    return true;
  });
  await kysely.deleteFrom("collection").where("id", "=", id).execute();
}

async function sweepSet(kysely: Queries, id: number): Promise<void> {
  const { from, to } = rowsOf(id);
  for (const [table, most] of [
    ["chunk_vector", batchRows],
    ["chunk_signs", batchSigns],
  ] as const) {
    await repeat(async () => {
      const last = await findLast(kysely, table, { from, to, most });
      if (last === undefined) return false;
      await kysely.deleteFrom(table).where("id", ">=", from).where("id", "<=", last).execute();
      return true;
    });
  }
  await kysely.deleteFrom("vector_set").where("id", "=", id).execute();
}

/** The last row of the next batch; undefined where there are none. */
async function findLast(
  kysely: Queries,
  table: "chunk" | "chunk_vector" | "chunk_signs",
  { from, to, most }: { readonly from: number; readonly to: number; readonly most: number },
): Promise<number | undefined> {
  const { rows } = await sql<{ readonly last: number | null }>`select max(id) as last from (
    select id from ${sql.table(table)} where id >= ${from} and id < ${to} order by id limit ${most}
  )`.execute(kysely);
  return rows[0]?.last ?? undefined;
}

async function repeat(step: () => Promise<boolean>): Promise<void> {
  while (await step()) await Bun.sleep(0);
}
