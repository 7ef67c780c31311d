import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * Signs of vectors, by which they are found. Vectors from before have none and would be missed in silence: they go, so
 * that their collections say that words alone are compared until they are re-embedded.
 */
export const chunkSigns: Migration = {
  async up(db: Kysely<unknown>) {
    if (await hasSigns(db)) return;
    await db.schema
      .createTable("chunk_signs")
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("signs", "blob", (column) => column.notNull())
      .execute();
    await sql`update collection set vector_set_id = null`.execute(db);
    await sql`delete from chunk_vector`.execute(db);
    await sql`delete from vector_set`.execute(db);
  },
};

/** For a while the table was made with that of the vectors. */
async function hasSigns(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql`select 1 from sqlite_schema where name = 'chunk_signs'`.execute(db);
  return rows.length > 0;
}
