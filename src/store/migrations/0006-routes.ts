import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Where answers came from and why, calibrated bars, and what upstreams cost. */
export const routes: Migration = {
  async up(db: Kysely<unknown>) {
    await createReceipts(db);
    await db.schema
      .createTable("upstream_spend")
      .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
      .addColumn("tenant", "text", (column) => column.notNull())
      .addColumn("model", "text", (column) => column.notNull())
      .addColumn("usd", "real", (column) => column.notNull())
      .addColumn("at_ms", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("upstream_spend_at").on("upstream_spend").column("at_ms").execute();
    await db.schema
      .createTable("route_bar")
      .addColumn("model_digest", "text", (column) => column.primaryKey())
      .addColumn("model", "text", (column) => column.notNull())
      .addColumn("bar", "real", (column) => column.notNull())
      .addColumn("report", "text", (column) => column.notNull())
      .addColumn("created_at_ms", "bigint", (column) => column.notNull())
      .execute();
  },
};

async function createReceipts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("route_receipt")
    .addColumn("position", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("id", "text", (column) => column.notNull().unique())
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("rule", "text", (column) => column.notNull())
    .addColumn("receipt", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("route_receipt_tenant")
    .on("route_receipt")
    .columns(["tenant", "position"])
    .execute();
  await db.schema
    .createIndex("route_receipt_created")
    .on("route_receipt")
    .columns(["created_at_ms", "kind", "rule"])
    .execute();
}
