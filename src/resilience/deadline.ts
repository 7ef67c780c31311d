import { AppError } from "../base/index.ts";
import type { Clock } from "./clock.ts";

/** What one operation, and all that a request leads to, may take where nothing else is said. */
export const deadlinePresets = { operationMs: 30_000, totalMs: 60_000 } as const;
/** Timers of the platform take less than 2^31. */
const longestTimerMs = 2 ** 30;

export type DeadlineOptions = {
  /** Names the work, in the error. */
  readonly name: string;
  readonly totalMs: number;
  readonly clock: Clock;
  /** Ends the deadline's signal too, with its own reason. */
  readonly signal?: AbortSignal;
};

/** The time of a piece of work with all that it leads to; dispose of it when the work has ended. */
export type Deadline = Disposable & {
  /** Aborts with AppError generation_timeout once the time is over. */
  readonly signal: AbortSignal;
  /** 0 once it is over. */
  remainingMs(): number;
  /** Share of the time that is gone, from 0 to 1. */
  consumed(): number;
  /** What an operation that wants `operationMs` may take. */
  limit(operationMs: number): number;
};

/** Begins now. */
export function createDeadline({ name, totalMs, clock, signal }: DeadlineOptions): Deadline {
  const startedMs = clock.nowMs();
  const controller = new AbortController();
  let cancel: (() => void) | undefined;

  const remainingMs = () => Math.min(totalMs, Math.max(0, startedMs + totalMs - clock.nowMs()));
  const follow = () => controller.abort(signal?.reason);
  function check(): void {
    const leftMs = remainingMs();
    if (leftMs > 0) cancel = clock.schedule(Math.min(leftMs, longestTimerMs), check);
    else controller.abort(new AppError("generation_timeout", `${name} took longer than ${totalMs} ms`));
  }
  function dispose(): void {
    cancel?.();
    signal?.removeEventListener("abort", follow);
  }
  if (signal?.aborted) follow();
  else {
    signal?.addEventListener("abort", follow, { once: true });
    check();
  }
  return {
    signal: controller.signal,
    remainingMs,
    consumed: () => (totalMs <= 0 ? 1 : 1 - remainingMs() / totalMs),
    limit: (operationMs) => Math.min(operationMs, remainingMs()),
    [Symbol.dispose]: dispose,
  };
}
