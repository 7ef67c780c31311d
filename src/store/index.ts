export { type Database, openDatabase } from "./database.ts";
export { sqliteCodeOf } from "./sqlite-errors.ts";
export type {
  HeaderNoteTable,
  ManifestBlobTable,
  ManifestTable,
  ModelTable,
  ModelUseTable,
  Queries,
  Tables,
} from "./tables.ts";
