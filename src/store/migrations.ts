import type { Migration } from "kysely/migration";
import { models } from "./migrations/0001-models.ts";
import { plugins } from "./migrations/0002-plugins.ts";
import { judges } from "./migrations/0003-judges.ts";
import { knowledge } from "./migrations/0004-knowledge.ts";
import { cache } from "./migrations/0005-cache.ts";
import { routes } from "./migrations/0006-routes.ts";
import { learning } from "./migrations/0007-learning.ts";
import { files } from "./migrations/0008-files.ts";
import { spendByKey } from "./migrations/0009-spend-by-key.ts";
import { fileBatches } from "./migrations/0010-file-batches.ts";
import { chunkSigns } from "./migrations/0011-chunk-signs.ts";

/** By name, in the order in which they run. One that has been released is never changed, renamed or removed. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-models": models,
  "0002-plugins": plugins,
  "0003-judges": judges,
  "0004-knowledge": knowledge,
  "0005-cache": cache,
  "0006-routes": routes,
  "0007-learning": learning,
  "0008-files": files,
  "0009-spend-by-key": spendByKey,
  "0010-file-batches": fileBatches,
  "0011-chunk-signs": chunkSigns,
};
