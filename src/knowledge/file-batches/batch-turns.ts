/**
 * Whose turn it is. A batch in progress belongs to one process at a time; it is free for another one once that process
 * has ended, or has not been at it for so long that its number must be some other program's by now.
 */
import type { Database, Queries } from "../../store/index.ts";
import { type BatchRow, countFiles } from "./batch-rows.ts";
import type { BatchFileEnd, BatchFileError, NextFile } from "./file-batch.ts";

const abandonedAfterMs = 600_000;
const touchEveryMs = 60_000;

export type BatchTurns = {
  /** The next file of the oldest batch that no other process works on; what cannot go on is ended on the way. */
  take(): Promise<NextFile | undefined>;
  /** Whether the collection is still the one that the batch was made for. */
  hasCollection(file: Pick<NextFile, "collectionId">): Promise<boolean>;
  /** Notes what became of a file, and ends the batch with the last one. */
  record(file: NextFile, end: BatchFileEnd): Promise<void>;
};

export type BatchTurnsOptions = {
  database(): Promise<Database>;
  readonly now: () => number;
  readonly processId: number;
  readonly isAlive: (processId: number) => boolean;
};

export function createBatchTurns({ database, now, processId, isAlive }: BatchTurnsOptions): BatchTurns {
  const isFresh = ({ touched_at_ms: at }: BatchRow, limitMs: number) => Math.abs(now() - at) < limitMs;

  function isFree(row: BatchRow): boolean {
    if (row.owner === null || row.owner === processId) return true;
    return !isAlive(row.owner) || !isFresh(row, abandonedAfterMs);
  }

  /** False where another process was faster. */
  async function claim(row: BatchRow): Promise<boolean> {
    if (row.owner === processId && isFresh(row, touchEveryMs)) return true;
    const { kysely } = await database();
    const { numUpdatedRows } = await kysely
      .updateTable("file_batch")
      .set({ owner: processId, touched_at_ms: now() })
      .where("number", "=", row.number)
      .where("status", "=", "in_progress")
      .where("owner", "is", row.owner)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async function findOwn(): Promise<BatchRow | undefined> {
    const { kysely } = await database();
    const open = await kysely
      .selectFrom("file_batch")
      .selectAll()
      .where("status", "=", "in_progress")
      .orderBy("number")
      .execute();
    for (const row of open) if (isFree(row) && (await claim(row))) return row;
    return undefined;
  }

  async function hasCollection({ collectionId }: Pick<NextFile, "collectionId">): Promise<boolean> {
    const { kysely } = await database();
    const row = await kysely
      .selectFrom("collection")
      .select("id")
      .where("id", "=", collectionId)
      .where("removed", "=", 0)
      .executeTakeFirst();
    return row !== undefined;
  }

  return {
    hasCollection,
    async take() {
      for (;;) {
        const batch = await findOwn();
        if (!batch) return undefined;
        const { kysely } = await database();
        const file = await findNext(kysely, batch);
        if (file && (await hasCollection(file))) return file;
        await kysely.transaction().execute((queries) => failRest(queries, batch));
      }
    },
    async record({ batchNumber, position }, end) {
      const { kysely } = await database();
      await kysely.transaction().execute(async (queries) => {
        await queries
          .updateTable("file_batch_item")
          .set({ status: end.status, ...toErrorColumns(end.status === "failed" ? end.error : undefined) })
          .where("batch_number", "=", batchNumber)
          .where("position", "=", position)
          // What was taken before a cancellation reached it is in the collection.
          .where("status", "in", end.status === "completed" ? ["in_progress", "cancelled"] : ["in_progress"])
          .execute();
        await endIfDone(queries, batchNumber);
      });
    },
  };
}

async function findNext(queries: Queries, batch: BatchRow): Promise<NextFile | undefined> {
  const row = await queries
    .selectFrom("file_batch_item")
    .select(["position", "file_id", "attributes"])
    .where("batch_number", "=", batch.number)
    .where("status", "=", "in_progress")
    .orderBy("position")
    .executeTakeFirst();
  if (!row) return undefined;
  const { number: batchNumber, id: batchId, tenant, collection, collection_id: collectionId } = batch;
  return {
    ...{ batchNumber, batchId, tenant, collection, collectionId },
    ...{ position: row.position, fileId: row.file_id, attributes: JSON.parse(row.attributes) },
  };
}

/** Inside a transaction: of a batch whose collection is gone. */
async function failRest(queries: Queries, { number, collection }: BatchRow): Promise<void> {
  const message = `the vector store ${collection} was removed before the file was taken`;
  await queries
    .updateTable("file_batch_item")
    .set({ status: "failed", ...toErrorColumns({ code: "server_error", message }) })
    .where("batch_number", "=", number)
    .where("status", "=", "in_progress")
    .execute();
  await endIfDone(queries, number);
}

async function endIfDone(queries: Queries, batchNumber: number): Promise<void> {
  const counts = await countFiles(queries, batchNumber);
  if (counts.in_progress > 0) return;
  await queries
    .updateTable("file_batch")
    .set({ status: counts.completed > 0 ? "completed" : "failed", owner: null })
    .where("number", "=", batchNumber)
    .where("status", "=", "in_progress")
    .execute();
}

function toErrorColumns(error: BatchFileError | undefined) {
  return { error_code: error?.code ?? null, error_message: error?.message ?? null };
}
