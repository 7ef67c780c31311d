import { Database as Sqlite } from "bun:sqlite";
import { existsSync } from "node:fs";
import { databasePath } from "../config/index.ts";
import { createDamage, toDatabaseError } from "./sqlite-errors.ts";

const maxFoundCharacters = 200;

/**
 * Reads the whole database of a home folder, where there is one, and changes nothing in it. Takes as long as reading the
 * file does: for a command, not for a server. Throws AppError `database_damaged`, or what kept it from being read.
 */
export function checkDatabase(home: string): void {
  const path = databasePath(home);
  if (!existsSync(path)) return;
  const found = examine(path);
  if (found !== "ok") throw createDamage(path, found.replaceAll(/\s+/g, " ").slice(0, maxFoundCharacters));
}

function examine(path: string): string {
  let sqlite: Sqlite | undefined;
  try {
    sqlite = new Sqlite(path, { readonly: true });
    using statement = sqlite.prepare<{ readonly quick_check: string }, []>("pragma quick_check(1)");
    return statement.get()?.quick_check ?? "ok";
  } catch (error) {
    throw toDatabaseError(path, error);
  } finally {
    sqlite?.close();
  }
}
