import { AppError } from "../../base/index.ts";
import { type Clock, jitterMs, pause } from "../../resilience/index.ts";
import { describeFailure, TransientFailure, UnreachableFailure } from "./http-errors.ts";
import { maxRetryAfterMs, maxUnansweredAttempts, pullRetries } from "./limits.ts";

/** Shorter waits are not worth a word. */
const noticeMs = 1000;

export type Timing = {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Told before each pause. */
  readonly onRetry?: () => void;
};

export type Backoff = {
  /**
   * Waits before the next try. `progress` is any count that grows while something arrives: as long as it does, tries
   * are not counted. Throws what is not transient, and AppError download_failed after too many vain tries.
   */
  wait(failure: unknown, progress: number, signal: AbortSignal): Promise<void>;
};

/** Full jitter, never shorter than Retry-After; unlike `withRetry` it goes on for as long as something arrives. */
export function createBackoff(
  what: string,
  { clock, random, onRetry }: Timing,
  onStatus: (status: string) => void = () => undefined,
): Backoff {
  let vain = 0;
  let lastProgress = 0;
  return {
    async wait(failure, progress, signal) {
      signal.throwIfAborted();
      if (!(failure instanceof TransientFailure)) throw failure;
      vain = progress > lastProgress ? 1 : vain + 1;
      lastProgress = progress;
      const isUnanswered = failure instanceof UnreachableFailure && lastProgress === 0;
      if (vain >= (isUnanswered ? maxUnansweredAttempts : pullRetries.attempts))
        throw giveUp(what, failure, `after ${vain} tries that brought nothing`);
      const asked = failure.retryAfterMs ?? 0;
      if (asked > maxRetryAfterMs)
        throw giveUp(what, failure, `which asks to come back in ${seconds(asked)} s`);
      const delayMs = Math.max(asked, jitterMs(pullRetries, vain, random));
      if (delayMs >= noticeMs) onStatus(`${what}: ${failure.message}; trying again in ${seconds(delayMs)} s`);
      onRetry?.();
      await pause(clock, delayMs, signal);
    },
  };
}

function giveUp(what: string, failure: TransientFailure, why: string): AppError {
  const message = `cannot fetch ${what}: ${describeFailure(failure)}, ${why}; what has come is kept, pull again to go on`;
  return new AppError("download_failed", message);
}

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
