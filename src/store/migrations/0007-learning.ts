import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Interactions, what came of them, and what they used. */
export const learning: Migration = {
  async up(db: Kysely<unknown>) {
    await createInteractions(db);
    await db.schema
      .createTable("usage_day")
      .addColumn("tenant", "text", (column) => column.notNull())
      .addColumn("day", "text", (column) => column.notNull())
      .addColumn("route", "text", (column) => column.notNull())
      .addColumn("model", "text", (column) => column.notNull())
      .addColumn("answers", "bigint", (column) => column.notNull())
      .addColumn("prompt_tokens", "bigint", (column) => column.notNull())
      .addColumn("completion_tokens", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("usage_day_key", ["tenant", "day", "route", "model"])
      .execute();
  },
};

async function createInteractions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("interaction")
    .addColumn("position", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("id", "text", (column) => column.notNull().unique())
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("origin", "text", (column) => column.notNull())
    .addColumn("content", "text", (column) => column.notNull())
    .addColumn("query", "text")
    .addColumn("response", "text")
    .addColumn("system", "text")
    .addColumn("query_hash", "text", (column) => column.notNull())
    .addColumn("response_hash", "text", (column) => column.notNull())
    .addColumn("query_length", "integer", (column) => column.notNull())
    .addColumn("response_length", "integer", (column) => column.notNull())
    .addColumn("cut", "integer", (column) => column.notNull())
    .addColumn("model", "text", (column) => column.notNull())
    .addColumn("agent_type", "text", (column) => column.notNull())
    .addColumn("route", "text", (column) => column.notNull())
    .addColumn("prompt_tokens", "bigint", (column) => column.notNull())
    .addColumn("completion_tokens", "bigint", (column) => column.notNull())
    .addColumn("latency_ms", "real", (column) => column.notNull())
    .addColumn("context_ids", "text", (column) => column.notNull())
    .addColumn("tags", "text", (column) => column.notNull())
    .addColumn("consent", "integer", (column) => column.notNull())
    .addColumn("private", "integer", (column) => column.notNull())
    .addColumn("outcome", "text", (column) => column.notNull())
    .addColumn("inferred", "integer", (column) => column.notNull())
    .addColumn("feedback", "integer")
    .addColumn("value", "real", (column) => column.notNull())
    .addColumn("terms", "text")
    .addColumn("contexts_noted", "integer", (column) => column.notNull())
    .addColumn("document_id", "text")
    .addColumn("pattern_id", "text")
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("outcome_at_ms", "bigint")
    .execute();
  const index = (name: string, columns: readonly string[]) =>
    db.schema
      .createIndex(`interaction_${name}`)
      .on("interaction")
      .columns([...columns]);
  await index("listed", ["tenant", "position"]).execute();
  await index("made", ["tenant", "created_at_ms"]).execute();
  await index("query", ["tenant", "query_hash"]).execute();
  await index("created", ["created_at_ms"]).execute();
  // All that counts of outcomes read, so that they touch no row with its texts.
  await index("rated", [
    ...["tenant", "outcome_at_ms", "created_at_ms", "outcome", "value"],
    ...["inferred", "consent", "content", "pattern_id"],
  ])
    .where("outcome_at_ms", "is not", null)
    .execute();
}
