import { SQLiteError } from "bun:sqlite";
import { AppError } from "../base/index.ts";

const damageCodes = /^SQLITE_(CORRUPT|NOTADB|FORMAT)/;

/** SQLite's name of an error, such as `SQLITE_BUSY_SNAPSHOT`. */
export function sqliteCodeOf(error: unknown): string | undefined {
  return error instanceof SQLiteError ? error.code : undefined;
}

export function isBusy(error: unknown): boolean {
  const code = sqliteCodeOf(error);
  return code !== undefined && /^SQLITE_(BUSY|LOCKED)/.test(code);
}

/** Whether the content of the file is broken, so that what it still gives may be read and nothing should be written. */
export function isDamaged(error: unknown): error is AppError {
  return error instanceof AppError && error.code === "database_damaged";
}

/** The error of a damaged database; `found` is what is wrong with it. */
export function createDamage(path: string, found: string, cause?: unknown): AppError {
  const message = `the database ${path} is damaged (${found}); stop hearth and move it away, or put a copy of it back; model files are kept beside it and need not be fetched again`;
  return new AppError("database_damaged", message, { cause, details: { database: path } });
}

/**
 * What a failure of the database file means to the user. Failures of a statement come back as they are. The path stands
 * in the details too, so that it can be left out for those who have no business with it.
 */
export function toDatabaseError(path: string, error: unknown): unknown {
  const code = sqliteCodeOf(error);
  if (code === undefined) return error;
  const details = { sqlite: code, database: path };
  if (isBusy(error)) {
    const message = `another process keeps the database ${path} busy; see which hearth processes run, then try again`;
    return new AppError("conflict", message, { cause: error, details });
  }
  if (damageCodes.test(code)) return createDamage(path, code, error);
  if (code === "SQLITE_FULL") {
    const message = `the disk is full: cannot write the database ${path}; free some space or set HEARTH_HOME`;
    return new AppError("disk_full", message, { cause: error, details });
  }
  if (/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/.test(code)) {
    const message = `cannot open the database ${path} for writing (${code}); check its owner and mode, or set HEARTH_HOME`;
    return new AppError("forbidden", message, { cause: error, details });
  }
  if (/^SQLITE_(IOERR|NOLFS)/.test(code)) {
    const message = `the disk failed while the database ${path} was used (${code}); check the disk`;
    return new AppError("server_error", message, { cause: error, details });
  }
  return error;
}
