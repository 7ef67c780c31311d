/** Work beside requests: so much at a time, so much waiting, and nobody waits for it but whoever ends it. */
export type SideWork = {
  /** False where too much waits already, or it was ended: the work is not done. */
  add(work: (signal: AbortSignal) => Promise<void>): boolean;
  /** Waits until nothing is left to do. */
  settle(): Promise<void>;
  /** Aborts what is under way and forgets the rest. */
  end(): Promise<void>;
};

export type SideWorkOptions = {
  readonly maxRunning: number;
  readonly maxWaiting: number;
  /** Not called for work that was ended. */
  readonly onFailure: (error: unknown) => void;
};

export function createSideWork({ maxRunning, maxWaiting, onFailure }: SideWorkOptions): SideWork {
  const controller = new AbortController();
  const { signal } = controller;
  const running = new Set<Promise<void>>();
  const waiting: ((signal: AbortSignal) => Promise<void>)[] = [];

  function start(work: (signal: AbortSignal) => Promise<void>): void {
    const run = work(signal)
      .catch((error: unknown) => {
        if (!signal.aborted) onFailure(error);
      })
      .finally(() => {
        running.delete(run);
        const next = waiting.shift();
        if (next && !signal.aborted) start(next);
      });
    running.add(run);
  }
  async function settle(): Promise<void> {
    while (running.size > 0) await Promise.all(running);
  }
  return {
    add(work) {
      if (signal.aborted || (running.size >= maxRunning && waiting.length >= maxWaiting)) return false;
      if (running.size < maxRunning) start(work);
      else waiting.push(work);
      return true;
    },
    settle,
    async end() {
      waiting.length = 0;
      controller.abort();
      await settle();
    },
  };
}
