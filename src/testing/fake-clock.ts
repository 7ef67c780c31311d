import type { Clock } from "../resilience/index.ts";

export type FakeClock = Clock & {
  /** Moves time on and runs what falls due, in order. */
  advance(milliseconds: number): void;
  /** Timers that are set and have not run. */
  readonly pending: number;
};

/** A clock that stands still until `advance` is called. */
export function createFakeClock(startMs = 0): FakeClock {
  let now = startMs;
  let timers: { readonly dueMs: number; readonly action: () => void }[] = [];
  return {
    nowMs: () => now,
    schedule(delayMs, action) {
      const timer = { dueMs: now + delayMs, action };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        const next = timers.filter((timer) => timer.dueMs <= end).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        now = Math.max(now, next.dueMs);
        next.action();
      }
      now = end;
    },
    get pending() {
      return timers.length;
    },
  };
}
