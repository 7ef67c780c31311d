import { type ErrorClass, type ErrorCode, toAppError } from "../base/index.ts";
import type { Deadline } from "./deadline.ts";

export type RetryPreset = {
  /** With the first. */
  readonly attempts: number;
  readonly baseMs: number;
  readonly maxMs: number;
};

export const retryPresets = {
  default: { attempts: 3, baseMs: 100, maxMs: 10_000 },
  aggressive: { attempts: 5, baseMs: 100, maxMs: 30_000 },
  conservative: { attempts: 2, baseMs: 50, maxMs: 1_000 },
} as const satisfies Readonly<Record<string, RetryPreset>>;

export type FailureContext = {
  readonly preset: RetryPreset;
  /** The attempt that failed, from 0. */
  readonly attempt: number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly deadline?: Pick<Deadline, "remainingMs">;
  /** Whether something of the answer has been passed on: it must not come twice. */
  readonly hasSent?: boolean;
  /** Whether there is another that could answer. */
  readonly hasFallback?: boolean;
};

/** What to do about a failure. */
export type Decision = {
  readonly errorClass: ErrorClass;
  readonly shouldRetry: boolean;
  /** Whether another may be asked, once there are no retries. */
  readonly shouldFallback: boolean;
  /** Whether trying again makes no sense at all. */
  readonly shouldFailFast: boolean;
  /** 0 where there is no retry. */
  readonly retryDelayMs: number;
};

/** Transient, and yet not to be tried again from inside: both last longer than anybody waits here. */
const neverRetried: ReadonlySet<ErrorCode> = new Set(["circuit_open", "shutting_down"]);

/**
 * Retries what is transient while attempts are left, nothing was sent, and the deadline allows the delay. A failure that
 * asks for a longer pause than the preset's longest is not waited for.
 */
export function decide(error: unknown, context: FailureContext): Decision {
  const { code, row, retryAfterMs = 0 } = toAppError(error);
  const { preset, attempt, deadline, hasSent = false, hasFallback = false } = context;
  const leftMs = deadline?.remainingMs() ?? Number.POSITIVE_INFINITY;
  const isRecoverable = row.class !== "permanent" && !neverRetried.has(code);
  const shouldFailFast = !isRecoverable || leftMs <= 0;
  const isLast = attempt + 1 >= preset.attempts;
  const canRetry = row.class === "transient" && !shouldFailFast && !isLast && !hasSent;
  const retryDelayMs = canRetry ? Math.max(retryAfterMs, jitterMs(preset, attempt, context.random)) : 0;
  const shouldRetry = canRetry && retryAfterMs <= preset.maxMs && retryDelayMs < leftMs;
  return {
    errorClass: row.class,
    shouldRetry,
    shouldFallback: hasFallback && row.fallback !== undefined && !hasSent && leftMs > 0,
    shouldFailFast,
    retryDelayMs: shouldRetry ? retryDelayMs : 0,
  };
}

/** Full jitter, in milliseconds: U(0,1)·min(max, base·2^attempt), attempt from 0. */
export function jitterMs({ baseMs, maxMs }: RetryPreset, attempt: number, random: () => number): number {
  return random() * Math.min(maxMs, baseMs * 2 ** attempt);
}
