import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Collections, their documents, pieces of them and the words in those. */
export const knowledge: Migration = {
  async up(_db: Kysely<unknown>) {},
};
