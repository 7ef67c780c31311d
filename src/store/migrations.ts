import type { Migration } from "kysely/migration";
import { models } from "./migrations/0001-models.ts";
import { plugins } from "./migrations/0002-plugins.ts";
import { judges } from "./migrations/0003-judges.ts";

/** By name, in the order in which they run. One that has been released is never changed, renamed or removed. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-models": models,
  "0002-plugins": plugins,
  "0003-judges": judges,
};
