import { join } from "node:path";
import { ensureOwnFolder } from "../base/index.ts";
import { databasePath } from "../config/index.ts";
import { type Database, openDatabase } from "./database.ts";

/** The database of a home folder, with the folders that it stands in. Throws as `openDatabase` does. */
export async function openHomeDatabase(home: string): Promise<Database> {
  for (const folder of [home, join(home, "models")]) ensureOwnFolder(folder);
  return await openDatabase(databasePath(home));
}
