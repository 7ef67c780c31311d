import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Files that are put into a collection together, behind the reply. */
export const fileBatches: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("file_batch")
      .addColumn("number", "integer", (column) => column.primaryKey().autoIncrement())
      .addColumn("id", "text", (column) => column.notNull().unique())
      .addColumn("tenant", "text", (column) => column.notNull())
      .addColumn("collection", "text", (column) => column.notNull())
      .addColumn("collection_id", "integer", (column) => column.notNull())
      .addColumn("status", "text", (column) => column.notNull())
      .addColumn("owner", "integer")
      .addColumn("touched_at_ms", "bigint", (column) => column.notNull())
      .addColumn("created_at_ms", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("file_batch_status").on("file_batch").columns(["status", "number"]).execute();
    await createItems(db);
  },
};

async function createItems(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("file_batch_item")
    .addColumn("batch_number", "integer", (column) =>
      column.notNull().references("file_batch.number").onDelete("cascade"),
    )
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("file_id", "text", (column) => column.notNull())
    .addColumn("attributes", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("error_code", "text")
    .addColumn("error_message", "text")
    .addPrimaryKeyConstraint("file_batch_item_key", ["batch_number", "position"])
    .execute();
  await db.schema
    .createIndex("file_batch_item_status")
    .on("file_batch_item")
    .columns(["batch_number", "status", "position"])
    .execute();
  await db.schema
    .createIndex("file_batch_item_file")
    .on("file_batch_item")
    .columns(["file_id", "batch_number", "status"])
    .execute();
}
