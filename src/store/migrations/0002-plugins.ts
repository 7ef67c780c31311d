import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Plugins that were added, and what they keep between calls. */
export const plugins: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("plugin")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("sha256", "text", (column) => column.notNull())
      .addColumn("source", "text", (column) => column.notNull())
      .addColumn("manifest", "text", (column) => column.notNull())
      .addColumn("grants", "text", (column) => column.notNull())
      .addColumn("config", "text", (column) => column.notNull())
      .addColumn("limits", "text", (column) => column.notNull())
      .addColumn("public_key", "text")
      .addColumn("enabled", "integer", (column) => column.notNull())
      .addColumn("added_at_ms", "bigint", (column) => column.notNull())
      .addColumn("last_strike_at_ms", "bigint")
      .addColumn("quarantined_at_ms", "bigint")
      .addColumn("last_error", "text")
      .execute();
    await db.schema
      .createTable("plugin_kv")
      .addColumn("plugin", "text", (column) => column.notNull())
      .addColumn("key", "text", (column) => column.notNull())
      .addColumn("value", "blob", (column) => column.notNull())
      .addPrimaryKeyConstraint("plugin_kv_key", ["plugin", "key"])
      .execute();
  },
};
