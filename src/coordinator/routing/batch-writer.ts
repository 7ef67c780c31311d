import { toAppError } from "../../base/index.ts";
import type { Clock } from "../../resilience/index.ts";
import type { CoordinatorLogger } from "../deps.ts";

/** Writes what comes in a little later, many at a time, so that no answer waits for the disk. */
export type BatchWriter<T> = {
  /** Never throws; what comes while the queue is full is dropped, and told of once the queue has room again. */
  add(item: T): void;
  /** Resolves once all that was added is written, or has failed to be. */
  settle(): Promise<void>;
};

export type BatchWriterOptions<T> = {
  /** In events of the log. */
  readonly name: string;
  readonly write: (items: readonly T[]) => Promise<void>;
  readonly clock: Clock;
  readonly logger: CoordinatorLogger;
};

const writeDelayMs = 200;
/** Of one transaction: few enough to leave the event loop free. */
const maxBatch = 100;
export const maxQueued = 4_096;

export function createBatchWriter<T>({ name, write, clock, logger }: BatchWriterOptions<T>): BatchWriter<T> {
  let queue: T[] = [];
  let dropped = 0;
  let writing: Promise<void> | undefined;
  let cancel: (() => void) | undefined;

  async function writeBatch(items: readonly T[]): Promise<void> {
    try {
      await write(items);
    } catch (error) {
      logger.error(`${name}_unwritten`, { count: items.length, error: toAppError(error).message });
    }
  }
  async function writeAll(): Promise<void> {
    while (queue.length > 0) {
      const items = queue.slice(0, maxBatch);
      queue = queue.slice(maxBatch);
      await writeBatch(items);
    }
    if (dropped > 0) logger.warn(`${name}_dropped`, { count: dropped });
    dropped = 0;
    writing = undefined;
  }
  function begin(): Promise<void> {
    cancel?.();
    cancel = undefined;
    writing ??= writeAll();
    return writing;
  }
  return {
    add(item) {
      if (queue.length >= maxQueued) {
        dropped += 1;
        return;
      }
      queue.push(item);
      if (writing) return;
      cancel ??= clock.schedule(writeDelayMs, () => void begin());
    },
    async settle() {
      while (queue.length > 0 || writing) await begin();
    },
  };
}
