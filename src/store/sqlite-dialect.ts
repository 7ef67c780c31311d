import {
  CompiledQuery,
  type Dialect,
  type Driver,
  type Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from "kysely";
import type { SqliteConnection } from "./sqlite-connection.ts";

/** SQLite rolls back CREATE TABLE as well as rows, so that a migration that fails leaves nothing. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Kysely's SQLite dialect on the connection that is given; Kysely lets one caller at a time have it. */
export function createSqliteDialect(connection: SqliteConnection): Dialect {
  return {
    createDriver: () => createDriver(connection),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new TransactionalSqliteAdapter(),
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
  };
}

function createDriver(connection: SqliteConnection): Driver {
  const run = async (sql: string) => {
    await connection.executeQuery(CompiledQuery.raw(sql));
  };
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    releaseConnection: async () => {},
    /** A transaction that may write takes its turn at once: to ask for it later could fail after work was done. */
    beginTransaction: (_, { accessMode }: TransactionSettings) =>
      run(accessMode === "read only" ? "begin" : "begin immediate"),
    commitTransaction: () => run("commit"),
    /** A full or failing disk makes SQLite roll back by itself. */
    rollbackTransaction: async () => {
      if (connection.inTransaction) await run("rollback");
    },
    destroy: async () => connection.close(),
  };
}
