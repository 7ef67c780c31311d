import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Interactions, what came of them, and the patterns made of them. */
export const learning: Migration = {
  async up(_db: Kysely<unknown>) {},
};
