import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Files that clients upload. */
export const files: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("file")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("tenant", "text", (column) => column.notNull())
      .addColumn("filename", "text", (column) => column.notNull())
      .addColumn("purpose", "text", (column) => column.notNull())
      .addColumn("bytes", "bigint", (column) => column.notNull())
      .addColumn("created_at_ms", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("file_tenant").on("file").columns(["tenant", "created_at_ms"]).execute();
  },
};
