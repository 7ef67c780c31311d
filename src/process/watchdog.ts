import { type Clock, systemClock } from "../resilience/index.ts";

export type Watchdog = Disposable & {
  /** Starts the full time again. */
  extend(): void;
  cancel(): void;
};

/** Calls `onExpire` once when neither `extend` nor `cancel` was called for `timeoutMs`. */
export function watchDeadline(timeoutMs: number, onExpire: () => void, clock: Clock = systemClock): Watchdog {
  let stopTimer: (() => void) | undefined = clock.schedule(timeoutMs, expire);

  function expire(): void {
    stopTimer = undefined;
    onExpire();
  }
  function cancel(): void {
    stopTimer?.();
    stopTimer = undefined;
  }
  function extend(): void {
    if (!stopTimer) return;
    stopTimer();
    stopTimer = clock.schedule(timeoutMs, expire);
  }
  return { extend, cancel, [Symbol.dispose]: cancel };
}
