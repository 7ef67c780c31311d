/** Takes things that may be written later, and writes them many at a time. */
export type BatchWriter<T> = {
  /** False where too much waits already: the item is dropped. */
  add(item: T): boolean;
  /** Writes what was added before; never rejects. */
  flush(): Promise<void>;
};

export type BatchWriterOptions<T> = {
  /** What fails is lost. */
  readonly write: (items: readonly T[]) => Promise<void>;
  readonly onFailure: (error: unknown, lost: number) => void;
  readonly maxWaiting: number;
  readonly maxBatch: number;
  /** How long an item may wait for company. */
  readonly delayMs: number;
};

export function createBatchWriter<T>(options: BatchWriterOptions<T>): BatchWriter<T> {
  const { write, onFailure, maxWaiting, maxBatch, delayMs } = options;
  let waiting: T[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
      try {
        await write(batch);
      } catch (error) {
        onFailure(error, batch.length);
      }
    }
  }
  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(writeAll);
    return writing;
  }
  return {
    add(item) {
      if (waiting.length >= maxWaiting) return false;
      waiting.push(item);
      timer ??= setTimeout(() => void flush(), delayMs);
      timer.unref();
      return true;
    },
    flush,
  };
}
