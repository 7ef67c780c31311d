import { join } from "node:path";

/** The database of a home folder; its name is from when it held models alone. */
export function databasePath(home: string): string {
  return join(home, "models", "hearth.db");
}
