import { AppError, nextTurn, toAppError } from "../base/index.ts";
import { type Clock, systemClock } from "../resilience/index.ts";

/** Takes what is to be written, and writes it beside requests, many at a time, in its order. */
export type BatchWriter<T> = {
  /** Returns at once and never throws; false where there is no room and the item is lost. */
  add(item: T): boolean;
  /** Whether an item that was added is not written yet. */
  some(test: (item: T) => boolean): boolean;
  /** Resolves once all that was added before is written or lost. */
  settle(): Promise<void>;
  /** Items that found no room, and those that could not be written. */
  readonly lost: number;
};

export type BatchWriterOptions<T> = {
  /** One call at a time; where it rejects, its items are lost. */
  readonly write: (items: readonly T[]) => Promise<void>;
  /** Told of each batch that could not be written, and, once there is room again, of what found none: queue_full. */
  readonly onLost: (count: number, error: AppError) => void;
  /** Items that may wait. */
  readonly maxWaiting: number;
  /** Items of one write: few enough to leave the event loop free. */
  readonly maxBatch: number;
  /** How long an item may wait for company; 0: until the event loop's next turn. */
  readonly delayMs: number;
  /** Of all items that wait or are being written. */
  readonly weight?: { readonly max: number; readonly of: (item: T) => number };
  readonly clock?: Clock;
};

export function createBatchWriter<T>(options: BatchWriterOptions<T>): BatchWriter<T> {
  const { write, onLost, maxWaiting, maxBatch, delayMs, weight, clock = systemClock } = options;
  const waiting: T[] = [];
  const settling: { readonly target: number; readonly resolve: () => void }[] = [];
  let current: readonly T[] = [];
  let heaviness = 0;
  let added = 0;
  let done = 0;
  let refused = 0;
  let lost = 0;
  let isWriting = false;
  let cancel: (() => void) | undefined;

  async function writeBatch(): Promise<void> {
    current = waiting.splice(0, maxBatch);
    try {
      await write(current);
    } catch (error) {
      lost += current.length;
      onLost(current.length, toAppError(error));
    }
    if (weight) for (const item of current) heaviness -= weight.of(item);
    done += current.length;
    current = [];
    tellRefused();
    while ((settling[0]?.target ?? Number.POSITIVE_INFINITY) <= done) settling.shift()?.resolve();
  }
  async function writeAll(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      await writeBatch();
      await nextTurn();
    }
    isWriting = false;
  }
  function tellRefused(): void {
    if (refused > 0) onLost(refused, new AppError("queue_full", "too much waited to be written already"));
    refused = 0;
  }
  function begin(): void {
    cancel?.();
    cancel = undefined;
    if (!isWriting) void writeAll();
  }
  return {
    get lost() {
      return lost;
    },
    add(item) {
      const heavier = weight ? heaviness + weight.of(item) : 0;
      if (waiting.length >= maxWaiting || (weight && heavier > weight.max)) {
        refused += 1;
        lost += 1;
        return false;
      }
      heaviness = heavier;
      waiting.push(item);
      added += 1;
      if (!isWriting) cancel ??= clock.schedule(delayMs, begin);
      return true;
    },
    some: (test) => current.some(test) || waiting.some(test),
    settle() {
      if (done >= added) return Promise.resolve();
      const settled = new Promise<void>((resolve) => settling.push({ target: added, resolve }));
      begin();
      return settled;
    },
  };
}
