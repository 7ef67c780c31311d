import { AppError } from "../base/index.ts";

/** Knows which requests are being answered, so that a stop can wait for them. */
export type Lifecycle = {
  readonly isDraining: boolean;
  readonly inFlight: number;
  /** Counts a request until the returned function is called; the controller is aborted if a drain runs out of time. */
  track(controller: AbortController): () => void;
  /** Refuses new requests and resolves when the running ones have ended, which `deadline` forces. */
  drain(deadline: AbortSignal): Promise<void>;
};

export function createLifecycle(): Lifecycle {
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
      const idle = new Promise<void>((resolve) => {
        onIdle = resolve;
      });
      if (deadline.aborted) abortRunning();
      else deadline.addEventListener("abort", abortRunning, { once: true });
      await idle;
      deadline.removeEventListener("abort", abortRunning);
    },
  };
}
