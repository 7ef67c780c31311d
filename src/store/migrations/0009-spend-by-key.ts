import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** What agents cost is kept apart by API key; what was spent before is that of this machine. */
export const spendByKey: Migration = {
  async up(db: Kysely<unknown>) {
    if (await hasTenant(db)) return;
    await db.schema
      .alterTable("coordination_spend")
      .addColumn("tenant", "text", (column) => column.notNull().defaultTo("local"))
      .execute();
    await db.schema.dropIndex("coordination_spend_at").execute();
    await db.schema
      .createIndex("coordination_spend_at")
      .on("coordination_spend")
      .columns(["tenant", "at_ms"])
      .execute();
  },
};

/** For a while the table was made with the column. */
async function hasTenant(db: Kysely<unknown>): Promise<boolean> {
  const { rows } =
    await sql`select 1 from pragma_table_info('coordination_spend') where name = 'tenant'`.execute(db);
  return rows.length > 0;
}
