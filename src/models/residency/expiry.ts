import type { Clock } from "../../resilience/index.ts";

/** Timers cannot wait longer; longer times are waited for in parts. */
const maxTimerMs = 2 ** 31 - 1;

export type Expiry = { readonly atMs: number; cancel(): void };

/** Calls `onExpire` once after a time of any length, unless it is cancelled before. */
export function startExpiry(clock: Clock, delayMs: number, onExpire: () => void): Expiry {
  const atMs = clock.nowMs() + delayMs;
  let cancelTimer = () => {};
  const wait = () => {
    const leftMs = atMs - clock.nowMs();
    if (leftMs > 0) cancelTimer = clock.schedule(Math.min(leftMs, maxTimerMs), wait);
    else onExpire();
  };
  cancelTimer = clock.schedule(Math.min(Math.max(0, delayMs), maxTimerMs), wait);
  return { atMs, cancel: () => cancelTimer() };
}
