import { type Kysely, sql } from "kysely";
import { AppError } from "../base/index.ts";
import { migrations } from "./migrations.ts";
import type { Tables } from "./tables.ts";

/**
 * Brings the tables up to date, each migration whole or not at all. Each runs in a transaction that keeps other
 * processes out, and is looked for again inside it.
 */
export async function migrate(kysely: Kysely<Tables>, path: string): Promise<void> {
  const applied = await readApplied(kysely);
  refuseUnknown(applied, path);
  if (applied.length === Object.keys(migrations).length) return;
  const { Migrator } = await import("kysely/migration");
  const provider = { getMigrations: async () => ({ ...migrations }) };
  const { error } = await new Migrator({ db: kysely, provider }).migrateToLatest();
  if (error === undefined) return;
  refuseUnknown(await readApplied(kysely), path);
  if (error instanceof AppError) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  const message = `cannot bring the database ${path} up to date: ${reason}; move it away, or put a copy of it back`;
  throw new AppError("server_error", message, { cause: error });
}

async function readApplied(kysely: Kysely<Tables>): Promise<readonly string[]> {
  const table = await sql`select 1 from sqlite_schema where name = 'kysely_migration'`.execute(kysely);
  if (table.rows.length === 0) return [];
  const { rows } = await sql<{ readonly name: string }>`select name from kysely_migration`.execute(kysely);
  return rows.map(({ name }) => name);
}

function refuseUnknown(applied: readonly string[], path: string): void {
  const unknown = applied.find((name) => !Object.hasOwn(migrations, name));
  if (unknown === undefined) return;
  const message = `the database ${path} was written by a newer hearth (it has ${unknown}); use that version, or set HEARTH_HOME to another folder`;
  throw new AppError("conflict", message, { details: { migration: unknown, database: path } });
}
