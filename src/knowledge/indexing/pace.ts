import { nextTurn } from "../../base/index.ts";

/** Longest time that reading a document keeps the event loop. */
const sliceMs = 8;

/** Lets others run once a slice of time is used up, and throws where the signal aborts. */
export type Pace = {
  /** Whether `rest` should be awaited now. */
  isDue(): boolean;
  rest(): Promise<void>;
};

export function createPace(signal: AbortSignal): Pace {
  let startedMs = performance.now();
  return {
    isDue: () => performance.now() - startedMs >= sliceMs,
    async rest() {
      signal.throwIfAborted();
      await nextTurn();
      signal.throwIfAborted();
      startedMs = performance.now();
    },
  };
}
