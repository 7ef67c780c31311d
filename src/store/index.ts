export { checkDatabase } from "./check-database.ts";
export { type Database, openDatabase } from "./database.ts";
export type { FileBatchTable } from "./file-tables.ts";
export { openHomeDatabase } from "./home-database.ts";
export type { InteractionTable } from "./learning-tables.ts";
export { isDamaged } from "./sqlite-errors.ts";
export type { PluginTable, Queries } from "./tables.ts";
