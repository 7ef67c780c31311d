/** Time as a dependency, so that tests can move it by hand. */
export type Clock = {
  nowMs(): number;
  /** Runs `action` once after `delayMs` unless the returned function is called before. */
  schedule(delayMs: number, action: () => void): () => void;
};

/** Monotonic time; its timers do not keep the program alive. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  schedule(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
