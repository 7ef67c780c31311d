import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Models that are stored, their blobs and uses, and what is known of files in place. */
export const models: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("manifest")
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("digest", "text", (column) => column.notNull().unique())
      .addColumn("content", "text", (column) => column.notNull())
      .addColumn("settings", "text", (column) => column.notNull())
      .addColumn("created_at_ms", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("model")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("manifest_id", "integer", (column) => column.notNull().references("manifest.id"))
      .addColumn("created_at_ms", "bigint", (column) => column.notNull())
      .addColumn("modified_at_ms", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("model_manifest").on("model").column("manifest_id").execute();
    await db.schema
      .createTable("manifest_blob")
      .addColumn("manifest_id", "integer", (column) =>
        column.notNull().references("manifest.id").onDelete("cascade"),
      )
      .addColumn("blob", "text", (column) => column.notNull())
      .addColumn("bytes", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("manifest_blob_key", ["manifest_id", "blob"])
      .execute();
    await db.schema.createIndex("manifest_blob_blob").on("manifest_blob").column("blob").execute();
    await db.schema
      .createTable("model_use")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("uses", "bigint", (column) => column.notNull())
      .addColumn("last_used_at_ms", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("header_note")
      .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
      .addColumn("key", "text", (column) => column.notNull().unique())
      .addColumn("note", "text", (column) => column.notNull())
      .execute();
  },
};
