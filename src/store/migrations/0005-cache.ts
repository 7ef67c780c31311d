import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Answers that were given before, and what was learnt of how alike questions must be. */
export const cache: Migration = {
  async up(db: Kysely<unknown>) {
    await createEntries(db);
    await createAnswers(db);
    await createMatches(db);
    await db.schema
      .createTable("cache_start")
      .addColumn("space", "text", (column) => column.primaryKey())
      .addColumn("threshold", "real", (column) => column.notNull())
      .addColumn("report", "text", (column) => column.notNull())
      .addColumn("at_ms", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("cache_count")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("value", "bigint", (column) => column.notNull())
      .execute();
  },
};

/** Narrow rows: those of a fingerprint are read all at once, and the sums of bytes from an index alone. */
async function createEntries(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("cache_entry")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("name", "text", (column) => column.notNull().unique())
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("model", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("question_hash", "text", (column) => column.notNull())
    .addColumn("bits", "blob")
    .addColumn("tokens", "bigint", (column) => column.notNull())
    .addColumn("hits", "bigint", (column) => column.notNull().defaultTo(0))
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addColumn("floor", "real", (column) => column.notNull().defaultTo(0))
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_at_ms", "bigint", (column) => column.notNull())
    .addColumn("last_hit_at_ms", "bigint")
    .addColumn("last_used_at_ms", "bigint", (column) => column.notNull())
    .addUniqueConstraint("cache_entry_question", ["fingerprint", "question_hash"])
    .execute();
  const indexes = {
    cache_entry_used: ["last_used_at_ms", "bytes"],
    cache_entry_expires: ["expires_at_ms"],
    cache_entry_model: ["model"],
  };
  for (const [name, columns] of Object.entries(indexes))
    await db.schema.createIndex(name).on("cache_entry").columns(columns).execute();
}

async function createAnswers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("cache_answer")
    .addColumn("entry_id", "integer", (column) =>
      column.primaryKey().references("cache_entry.id").onDelete("cascade"),
    )
    .addColumn("question", "text", (column) => column.notNull())
    .addColumn("answer", "text", (column) => column.notNull())
    .addColumn("embedding", "blob")
    .execute();
  await db.schema
    .createTable("cache_tag")
    .addColumn("tag", "text", (column) => column.notNull())
    .addColumn("entry_id", "integer", (column) =>
      column.notNull().references("cache_entry.id").onDelete("cascade"),
    )
    .addPrimaryKeyConstraint("cache_tag_key", ["tag", "entry_id"])
    .execute();
  await db.schema.createIndex("cache_tag_entry").on("cache_tag").column("entry_id").execute();
}

async function createMatches(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("cache_match")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("request_id", "text", (column) => column.notNull())
    .addColumn("entry", "text", (column) => column.notNull())
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("space", "text", (column) => column.notNull())
    .addColumn("similarity", "real", (column) => column.notNull())
    .addColumn("served", "integer", (column) => column.notNull())
    .addColumn("label", "integer")
    .addColumn("source", "text")
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .execute();
  const indexes = {
    cache_match_request: ["request_id"],
    cache_match_entry: ["entry"],
    cache_match_space: ["space", "tenant", "id"],
  };
  for (const [name, columns] of Object.entries(indexes))
    await db.schema.createIndex(name).on("cache_match").columns(columns).execute();
}
