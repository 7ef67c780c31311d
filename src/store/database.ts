import { Kysely } from "kysely";
import { migrate } from "./migrate.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { createSqliteDialect } from "./sqlite-dialect.ts";
import type { Tables } from "./tables.ts";
import { locateVectorExtension } from "./vector-extension.ts";

/** An open database. Inside `kysely.transaction()` use the transaction alone: there is one connection. */
export type Database = {
  readonly path: string;
  readonly kysely: Kysely<Tables>;
  /** Adds sqlite-vec's functions and `vec0` tables to the connection, once; `home` is where it may be unpacked. */
  loadVectors(home: string): Promise<void>;
  close(): Promise<void>;
};

/**
 * Opens the database, makes it where there is none, and brings its tables up to date. Throws AppError: `conflict` for
 * one that a newer hearth wrote or that another process keeps busy, `database_damaged`, `forbidden`. Once damage shows in
 * a query, what would be written is refused with it, and what can still be read is.
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
  let vectors: Promise<void> | undefined;
  return {
    path,
    kysely,
    loadVectors(home) {
      vectors ??= locateVectorExtension(home).then((file) => connection.loadExtension(file));
      return vectors;
    },
    close: async () => {
      await kysely.destroy();
      connection.close();
    },
  };
}
