import { isProcessAlive } from "../../process/index.ts";
import { type Clock, systemClock } from "../../resilience/index.ts";
import type { KnowledgeDeps } from "../deps.ts";
import type { AttachFile } from "../files/attach-file.ts";
import type { FileStore } from "../files/file-store.ts";
import { type BatchStore, createBatchStore } from "./batch-store.ts";
import { createBatchTurns } from "./batch-turns.ts";
import { createBatchWorker } from "./batch-worker.ts";
import { checkBatch } from "./check-batch.ts";

/** Files that are put into a collection behind the reply. A batch is stored, so that a later start goes on with it. */
export type FileBatches = BatchStore & {
  /** Goes on with batches that were left in progress. */
  resume(): void;
  /** Lets the file at hand end until the deadline aborts. */
  stop(deadline: AbortSignal): Promise<void>;
};

export type FileBatchesDeps = Pick<KnowledgeDeps, "database" | "now" | "logger"> & {
  readonly files: Pick<FileStore, "requireAll">;
  readonly attach: AttachFile;
  /** Absent: that of the system. */
  readonly clock?: Clock;
  readonly processId?: number;
  readonly isAlive?: (processId: number) => boolean;
};

export function createFileBatches({
  files,
  attach,
  logger,
  clock = systemClock,
  processId = process.pid,
  isAlive = isProcessAlive,
  ...parts
}: FileBatchesDeps): FileBatches {
  const store = createBatchStore({ ...parts, processId });
  const turns = createBatchTurns({ ...parts, processId, isAlive });
  const worker = createBatchWorker({ ...{ turns, attach, logger, clock }, random: Math.random });
  return {
    ...store,
    resume: worker.wake,
    stop: worker.stop,
    async create({ tenant, collection, files: asked }) {
      const checked = checkBatch(asked);
      await files.requireAll(
        tenant,
        checked.map(({ fileId }) => fileId),
      );
      try {
        return await store.create({ tenant, collection, files: checked });
      } finally {
        // Also where it is refused: what fills the queue may have been left by a process that died.
        worker.wake();
      }
    },
    async get(key) {
      const batch = await store.get(key);
      // Whoever asks for it notices that its process has died, or that there is room on the disk again.
      if (batch.status === "in_progress") worker.wake();
      return batch;
    },
    async cancel(key) {
      const batch = await store.cancel(key);
      worker.interrupt(key.id);
      return batch;
    },
  };
}
