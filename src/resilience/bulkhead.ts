import { AppError } from "../base/index.ts";

export type BulkheadOptions = {
  /** Names what is protected, in errors. */
  readonly name: string;
  readonly maxConcurrent: number;
  /** Callers that may wait for a place; 0: none. */
  readonly maxWaiting: number;
};

/** A number of places, so that one slow neighbour takes no more of this process than those. */
export type Bulkhead = {
  /**
   * A place, given back by disposing of it; those who wait get theirs in order. Throws AppError queue_full at once where
   * too many wait, and the signal's reason once that aborts.
   */
  enter(signal: AbortSignal): Promise<Disposable>;
  readonly running: number;
  readonly waiting: number;
};

export function createBulkhead({ name, maxConcurrent, maxWaiting }: BulkheadOptions): Bulkhead {
  const line = new Set<() => void>();
  let running = 0;

  function take(): Disposable {
    running += 1;
    let isGivenBack = false;
    return {
      [Symbol.dispose]() {
        if (isGivenBack) return;
        isGivenBack = true;
        running -= 1;
        const [next] = line;
        next?.();
      },
    };
  }
  function wait(signal: AbortSignal): Promise<Disposable> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        line.delete(enter);
        reject(signal.reason);
      };
      const enter = () => {
        line.delete(enter);
        signal.removeEventListener("abort", leave);
        resolve(take());
      };
      line.add(enter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
  return {
    async enter(signal) {
      signal.throwIfAborted();
      if (running < maxConcurrent) return take();
      if (line.size < maxWaiting) return await wait(signal);
      const message = `${name} works on ${running} requests and ${line.size} wait; try again later`;
      throw new AppError("queue_full", message);
    },
    get running() {
      return running;
    },
    get waiting() {
      return line.size;
    },
  };
}
