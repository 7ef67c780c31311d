import { type AppError, toAppError } from "../base/index.ts";
import type { Clock } from "./clock.ts";
import type { Deadline } from "./deadline.ts";
import { decide, type RetryPreset } from "./decide.ts";
import { pause } from "./pause.ts";

export type RetryOptions = {
  readonly preset: RetryPreset;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly deadline?: Deadline;
  /** Whether something of the answer has been passed on, after which nothing is tried again. */
  readonly hasSent?: () => boolean;
  /** Told before each pause. */
  readonly onRetry?: (failure: AppError, delayMs: number) => void;
};

/**
 * Tries until an attempt (from 0) succeeds or `decide` says no; throws the last failure, or the signal's reason once
 * that or the deadline's aborts.
 */
export async function withRetry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { preset, clock, random, deadline, hasSent, onRetry } = options;
  const signal = deadline ? AbortSignal.any([options.signal, deadline.signal]) : options.signal;
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      signal.throwIfAborted();
      const { shouldRetry, retryDelayMs } = decide(error, {
        ...{ preset, attempt, random, hasSent: hasSent?.() ?? false },
        ...(deadline && { deadline }),
      });
      if (!shouldRetry) throw error;
      onRetry?.(toAppError(error), retryDelayMs);
      await pause(clock, retryDelayMs, signal);
    }
  }
}
