import { AppError } from "../base/index.ts";
import { stopGraceMs } from "./limits.ts";

/** Knows which requests are being answered, so that a stop can wait for them. */
export type Lifecycle = {
  readonly isDraining: boolean;
  readonly inFlight: number;
  /** Counts a request until the returned function is called; the controller is aborted if a drain runs out of time. */
  track(controller: AbortController): () => void;
  /**
   * Refuses new requests and resolves when the running ones have ended. `deadline` aborts those that have not; one that
   * does not heed that, such as a stream whose client reads nothing, is waited for a moment longer and given up.
   */
  drain(deadline: AbortSignal): Promise<void>;
};

export function createLifecycle(options: { readonly graceMs?: number } = {}): Lifecycle {
  const { graceMs = stopGraceMs } = options;
  const running = new Set<AbortController>();
  let isDraining = false;
  let onIdle: (() => void) | undefined;

  const abortRunning = () => {
    const reason = new AppError("shutting_down", "The server stopped before the answer was complete.");
    for (const controller of running) controller.abort(reason);
  };

  return {
    get isDraining() {
      return isDraining;
    },
    get inFlight() {
      return running.size;
    },
    track(controller) {
      running.add(controller);
      return () => {
        running.delete(controller);
        if (running.size === 0) onIdle?.();
      };
    },
    async drain(deadline) {
      isDraining = true;
      if (running.size === 0) return;
      const ended = Promise.withResolvers<void>();
      onIdle = ended.resolve;
      let grace: Timer | undefined;
      const force = () => {
        abortRunning();
        grace = setTimeout(ended.resolve, graceMs);
      };
      if (deadline.aborted) force();
      else deadline.addEventListener("abort", force, { once: true });
      await ended.promise;
      clearTimeout(grace);
      deadline.removeEventListener("abort", force);
    },
  };
}
