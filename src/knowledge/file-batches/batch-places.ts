import { AppError } from "../../base/index.ts";
import type { Queries } from "../../store/index.ts";

/** Batches in progress, of everybody; one more is refused. */
export const maxOpenBatches = 64;
/** Batches that have ended; of more the oldest are forgotten with what became of their files. */
export const maxEndedBatches = 500;
/** Batches that are forgotten when one is made. */
const forgottenAtOnce = 4;

/** Inside a transaction, before a batch is made. Throws AppError queue_full where as many wait as may. */
export async function makePlace(queries: Queries): Promise<void> {
  const open = await queries
    .selectFrom("file_batch")
    .select("number")
    .where("status", "=", "in_progress")
    .limit(maxOpenBatches)
    .execute();
  if (open.length >= maxOpenBatches) {
    const message = `${open.length} batches of files wait, as many as there may be; try again when one has ended`;
    throw new AppError("queue_full", message);
  }
  const beyond = await queries
    .selectFrom("file_batch")
    .select("number")
    .where("status", "!=", "in_progress")
    .orderBy("number", "desc")
    .limit(forgottenAtOnce)
    .offset(maxEndedBatches)
    .execute();
  for (const { number } of beyond) {
    await queries.deleteFrom("file_batch").where("number", "=", number).execute();
  }
}
