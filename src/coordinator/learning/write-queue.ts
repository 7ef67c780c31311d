import { AppError } from "../../base/index.ts";

export type WriteQueueOptions<T> = {
  readonly maxItems: number;
  /** Of all that waits and is being written, as `weigh` counts it. */
  readonly maxWeight: number;
  readonly weigh: (item: T) => number;
  /** Items of one call of `write`. */
  readonly batchItems: number;
  /** Takes items in their order; they are gone where it rejects. */
  readonly write: (items: readonly T[]) => Promise<void>;
  readonly onFault: (error: unknown, lost: number) => void;
};

export type WriteQueue<T> = {
  /** Returns at once; false where the queue is full and the item is dropped. */
  push(item: T): boolean;
  /** Whether an item that was pushed is not written yet. */
  some(test: (item: T) => boolean): boolean;
  /** Resolves once all that was pushed before is written or lost. */
  settle(): Promise<void>;
  /** Those that found no place, and those that could not be written. */
  readonly lost: number;
};

/** Writes behind its callers' backs, in batches: one write at a time, begun in a later turn of the event loop. */
export function createWriteQueue<T>(options: WriteQueueOptions<T>): WriteQueue<T> {
  const { maxItems, maxWeight, weigh, batchItems, write, onFault } = options;
  const items: T[] = [];
  let current: readonly T[] = [];
  let weight = 0;
  let lost = 0;
  let working = false;
  let pushed = 0;
  let done = 0;
  const waiting: (() => void)[] = [];

  function lose(error: unknown, count: number): void {
    lost += count;
    onFault(error, count);
  }
  async function work(): Promise<void> {
    await nextTurn();
    while (items.length > 0) {
      current = items.splice(0, batchItems);
      try {
        await write(current);
      } catch (error) {
        lose(error, current.length);
      }
      weight -= current.reduce((sum, item) => sum + weigh(item), 0);
      done += current.length;
      current = [];
      for (const resolve of waiting.splice(0)) resolve();
      await nextTurn();
    }
    working = false;
  }
  return {
    get lost() {
      return lost;
    },
    push(item) {
      const heavier = weight + weigh(item);
      if (items.length >= maxItems || heavier > maxWeight) {
        lose(new AppError("queue_full", `${items.length} interactions wait to be written already.`), 1);
        return false;
      }
      weight = heavier;
      items.push(item);
      pushed++;
      if (!working) {
        working = true;
        void work();
      }
      return true;
    },
    some: (test) => current.some(test) || items.some(test),
    async settle() {
      const target = pushed;
      while (done < target) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}

/** Lets replies that are under way go first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
