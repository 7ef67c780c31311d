export { type Database, openDatabase } from "./database.ts";
export type { PluginTable, Queries } from "./tables.ts";
