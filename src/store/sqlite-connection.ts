import { type SQLQueryBindings, Database as Sqlite, type Statement } from "bun:sqlite";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { CompiledQuery, DatabaseConnection, QueryResult } from "kysely";
import { AppError } from "../base/index.ts";
import { isBusy, isDamaged, sqliteCodeOf, toDatabaseError } from "./sqlite-errors.ts";

const privateFolderMode = 0o700;
const privateFileMode = 0o600;
/** SQLite blocks the event loop while it waits: a moment only, then the wait goes on between turns of the loop. */
const blockingWaitMs = 10;
const busyPauseMs = 5;
const busyLimitMs = 10_000;
/** What a large transaction leaves of the write-ahead log once it is in the database. */
const maxKeptJournalBytes = 67_108_864;

/** The one connection to a database file. Statements are prepared anew each time: they are short, and schemas change. */
export class SqliteConnection implements DatabaseConnection {
  readonly path: string;
  readonly #sqlite: Sqlite;
  #damage: AppError | undefined;

  private constructor(path: string, sqlite: Sqlite) {
    this.path = path;
    this.#sqlite = sqlite;
  }

  /** Opens or makes the file, for this user alone. */
  static async open(path: string): Promise<SqliteConnection> {
    makePrivate(path);
    let sqlite: Sqlite | undefined;
    try {
      const opened = new Sqlite(path, { create: true, readwrite: true });
      sqlite = opened;
      await whileBusy(() => prepareConnection(opened));
      return new SqliteConnection(path, opened);
    } catch (error) {
      sqlite?.close();
      throw toDatabaseError(path, error);
    }
  }

  get inTransaction(): boolean {
    return this.#sqlite.inTransaction;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      if (this.#sqlite.inTransaction) return this.#execute(query);
      return await whileBusy(() => this.#execute<R>(query));
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    try {
      using statement = this.#sqlite.prepare<R, SQLQueryBindings[]>(query.sql);
      for (const row of statement.iterate(...bindingsOf(query))) yield { rows: [row] };
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** Adds the functions and tables of a native extension to this connection. */
  loadExtension(path: string): void {
    try {
      this.#sqlite.loadExtension(path);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `the SQLite extension ${path} cannot be loaded: ${reason}; remove that file to have it unpacked again`;
      throw new AppError("server_error", message, { cause });
    }
  }

  close(): void {
    this.#sqlite.close();
  }

  /**
   * Damage that shows ends writing: what were added would be lost when a copy is put back, and could damage more. That of
   * a virtual table's index alone says nothing of the other tables.
   */
  #explain(error: unknown): unknown {
    const code = sqliteCodeOf(error);
    if (this.#damage && code?.startsWith("SQLITE_READONLY")) return this.#damage;
    const explained = toDatabaseError(this.path, error);
    if (isDamaged(explained) && code !== "SQLITE_CORRUPT_VTAB" && !this.#damage) {
      this.#damage = explained;
      this.#sqlite.run("pragma query_only = on");
    }
    return explained;
  }

  /** What has columns answers with rows (SELECT, RETURNING, some pragmas); everything else only changes. */
  #execute<R>(query: CompiledQuery): QueryResult<R> {
    using statement: Statement<R, SQLQueryBindings[]> = this.#sqlite.prepare(query.sql);
    const bindings = bindingsOf(query);
    if (statement.columnNames.length > 0) {
      const rows = statement.all(...bindings);
      return query.query.kind === "SelectQueryNode"
        ? { rows }
        : { rows, numAffectedRows: BigInt(rows.length) };
    }
    const { changes, lastInsertRowid } = statement.run(...bindings);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }
}

/**
 * Makes the file with its mode, so that at no moment others can read it. One that is there is not opened for this:
 * closing any descriptor of it would drop the locks that another connection of this process has.
 */
function makePrivate(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: privateFolderMode });
    if (existsSync(path)) chmodSync(path, privateFileMode);
    else writeFileSync(path, "", { flag: "wx", mode: privateFileMode });
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot open the database ${path}: ${reason}; check its owner and mode, or set HEARTH_HOME`;
    throw new AppError("forbidden", message, { cause, details: { database: path } });
  }
}

/** Each commit is on the disk when it returns: files that it says are not needed are removed right after it. */
function prepareConnection(sqlite: Sqlite): void {
  for (const pragma of [
    `busy_timeout = ${blockingWaitMs}`,
    "journal_mode = wal",
    "synchronous = full",
    "foreign_keys = on",
    "trusted_schema = off",
    `journal_size_limit = ${maxKeptJournalBytes}`,
  ]) {
    sqlite.run(`pragma ${pragma}`);
  }
}

/** Tries again while another process writes, letting other work run in between. */
async function whileBusy<T>(work: () => T): Promise<T> {
  const deadline = performance.now() + busyLimitMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
    }
    await Bun.sleep(busyPauseMs);
  }
}

function bindingsOf(query: CompiledQuery): SQLQueryBindings[] {
  return query.parameters.map(toBinding);
}

function toBinding(value: unknown): SQLQueryBindings {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
    case "boolean":
      return value;
    default:
      if (value === null || value instanceof Uint8Array) return value;
      throw new AppError("server_error", `a query was given a ${typeof value}, which SQLite cannot store`);
  }
}
