import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Runs of judges and their parts, scores over time, baselines and spending of coordination, calibrated bars. */
export const judges: Migration = {
  async up(db: Kysely<unknown>) {
    await createRuns(db);
    await createScores(db);
    await createCoordination(db);
    await db.schema
      .createTable("trajectory_threshold")
      .addColumn("model_digest", "text", (column) => column.primaryKey())
      .addColumn("thresholds", "text", (column) => column.notNull())
      .addColumn("report", "text", (column) => column.notNull())
      .addColumn("created_at_ms", "bigint", (column) => column.notNull())
      .execute();
  },
};

async function createRuns(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("judge_run")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("model", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("spec", "text", (column) => column.notNull())
    .addColumn("result", "text")
    .addColumn("error", "text")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("owner", "integer")
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("judge_run_created")
    .on("judge_run")
    .columns(["kind", "created_at_ms"])
    .execute();
  await db.schema
    .createTable("judge_run_part")
    .addColumn("run_id", "text", (column) => column.notNull().references("judge_run.id").onDelete("cascade"))
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("result", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("judge_run_part_key", ["run_id", "key"])
    .execute();
}

async function createScores(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("judge_score")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("series", "text", (column) => column.notNull())
    .addColumn("score", "real", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("judge_score_series").on("judge_score").columns(["series", "id"]).execute();
}

async function createCoordination(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("coordination_baseline")
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("value", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("used_at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("coordination_baseline_used")
    .on("coordination_baseline")
    .column("used_at_ms")
    .execute();
  await db.schema
    .createTable("coordination_spend")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("agent", "text", (column) => column.notNull())
    .addColumn("tokens", "bigint", (column) => column.notNull())
    .addColumn("usd", "real", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("coordination_spend_at").on("coordination_spend").column("at_ms").execute();
}
