import { Kysely } from "kysely";
import { migrate } from "./migrate.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { createSqliteDialect } from "./sqlite-dialect.ts";
import type { Tables } from "./tables.ts";

/** An open database. Inside `kysely.transaction()` use the transaction alone: there is one connection. */
export type Database = {
  readonly path: string;
  readonly kysely: Kysely<Tables>;
  close(): Promise<void>;
};

/**
 * Opens the database, makes it where there is none, and brings its tables up to date. Throws AppError: `conflict` for
 * one that a newer hearth wrote or that another process keeps busy, `server_error` for a damaged one, `forbidden`.
 */
export async function openDatabase(path: string): Promise<Database> {
  const connection = await SqliteConnection.open(path);
  const kysely = new Kysely<Tables>({ dialect: createSqliteDialect(connection) });
  try {
    await migrate(kysely, path);
  } catch (error) {
    connection.close();
    throw error;
  }
  return {
    path,
    kysely,
    close: async () => {
      await kysely.destroy();
      connection.close();
    },
  };
}
