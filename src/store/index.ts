export { type Database, openDatabase } from "./database.ts";
export type { Queries } from "./tables.ts";
