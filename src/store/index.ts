export { type Database, openDatabase } from "./database.ts";
export { openHomeDatabase } from "./home-database.ts";
export type { PluginTable, Queries } from "./tables.ts";
