import { toAppError } from "../../base/index.ts";
import type { KnowledgeDeps } from "../deps.ts";
import type { BatchTurns } from "./batch-turns.ts";
import type { BatchFileEnd, NextFile } from "./file-batch.ts";
import { type TakeFileDeps, takeFile } from "./take-file.ts";

export type BatchWorker = {
  /** Goes on with what waits, behind the caller. */
  wake(): void;
  /** Gives up the file at hand where it is of this batch. */
  interrupt(batchId: string): void;
  /** Lets the file at hand end until the deadline aborts; what is not done is left for the next start. */
  stop(deadline: AbortSignal): Promise<void>;
};

export type BatchWorkerDeps = TakeFileDeps & {
  readonly turns: BatchTurns;
  readonly logger: KnowledgeDeps["logger"];
};

/** Takes the files of all batches one after the other. Where nothing can be stored it rests until it is woken again. */
export function createBatchWorker({ turns, logger, ...deps }: BatchWorkerDeps): BatchWorker {
  let running: Promise<void> | undefined;
  let isWoken = false;
  let isStopping = false;
  let atHand: { readonly batchId: string; readonly abort: AbortController } | undefined;
  /** What became of a file and could not be stored: it is not to be read again for that. */
  let unwritten: { readonly file: NextFile; readonly end: BatchFileEnd } | undefined;

  async function takeNext(): Promise<boolean> {
    const file = await turns.take();
    if (!file || isStopping) return false;
    const abort = new AbortController();
    atHand = { batchId: file.batchId, abort };
    const end = await takeFile(deps, file, abort.signal).finally(() => {
      atHand = undefined;
    });
    if (end.status === "failed") {
      if (isStopping) return false;
      // A cancellation has said what became of it, and the next turn ends a batch whose collection is gone.
      if (abort.signal.aborted || !(await turns.hasCollection(file))) return true;
    }
    unwritten = { file, end };
    await write();
    return true;
  }

  async function write(): Promise<void> {
    if (!unwritten) return;
    await turns.record(unwritten.file, unwritten.end);
    unwritten = undefined;
  }

  async function work(): Promise<void> {
    try {
      while (isWoken && !isStopping) {
        isWoken = false;
        await write();
        while (!isStopping && (await takeNext()));
      }
    } catch (error) {
      logger.warn("file_batches_paused", { error: toAppError(error).message });
    } finally {
      running = undefined;
    }
  }

  return {
    wake() {
      if (isStopping) return;
      isWoken = true;
      running ??= work();
    },
    interrupt(batchId) {
      if (atHand?.batchId === batchId) atHand.abort.abort();
    },
    async stop(deadline) {
      isStopping = true;
      const giveUp = () => atHand?.abort.abort();
      if (deadline.aborted) giveUp();
      else deadline.addEventListener("abort", giveUp, { once: true });
      await running;
      deadline.removeEventListener("abort", giveUp);
    },
  };
}
