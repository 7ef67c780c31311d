import { AppError, type ErrorCode, toAppError } from "../../../base/index.ts";
import type { JudgeDeps } from "../../deps.ts";
import type { JudgeConfig } from "./judge-config.ts";

type RetryDeps = Pick<JudgeDeps, "clock" | "random">;

/** What became of one attempt. */
export type Attempt = {
  readonly durationMs: number;
  /** Absent where it succeeded. */
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  /** Waited before the next attempt; absent where none came. */
  readonly delayMs?: number;
};

export type Retried<Value> = (
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: AppError }
) & {
  readonly retryCount: number;
  /** Of all attempts and the waits between. */
  readonly durationMs: number;
  /** Of the attempt that succeeded, or failed for good. */
  readonly lastAttemptMs: number;
  /** Given when the configuration is verbose. */
  readonly attempts?: readonly Attempt[];
};

/**
 * Tries until an attempt succeeds, fails of something that trying again cannot help, or the retries are gone. Each
 * attempt ends at the configured timeout. What failed for good is a value; the signal's abort alone is thrown.
 */
export async function withRetries<Value>(
  deps: RetryDeps,
  config: JudgeConfig,
  attempt: (signal: AbortSignal) => Promise<Value>,
  signal: AbortSignal,
): Promise<Retried<Value>> {
  const { clock } = deps;
  const startedMs = clock.nowMs();
  const attempts: Attempt[] = [];
  for (;;) {
    const attemptedMs = clock.nowMs();
    const outcome = await tryOnce(clock, config.defaultTimeoutMs, attempt, signal);
    const durationMs = clock.nowMs() - attemptedMs;
    const end = () => ({
      ...{
        retryCount: attempts.length - 1,
        durationMs: clock.nowMs() - startedMs,
        lastAttemptMs: durationMs,
      },
      ...(config.verbose && { attempts }),
    });
    if (outcome.ok) {
      attempts.push({ durationMs });
      return { ...outcome, ...end() };
    }
    const { code, message } = outcome.error;
    const isLast = attempts.length >= config.maxRetries || !canTryAgain(outcome.error);
    const delayMs = isLast ? undefined : chooseDelay(deps, config, attempts.length, outcome.error);
    attempts.push({ durationMs, error: { code, message }, ...(delayMs !== undefined && { delayMs }) });
    if (delayMs === undefined) return { ...outcome, ...end() };
    await clock.sleep(delayMs, signal);
  }
}

/** An open breaker is open for longer than anybody waits here, and a server that stops stays so for this process. */
function canTryAgain({ row, code }: AppError): boolean {
  return row.class === "transient" && code !== "circuit_open" && code !== "shutting_down";
}

/** min(base·2^attempt, max)·(1 + U[0, jitter]), attempt from 0; at least what the error asks callers to wait. */
function chooseDelay(
  { random }: RetryDeps,
  { baseDelayMs, maxDelayMs, jitterFactor }: JudgeConfig,
  attempt: number,
  { row }: AppError,
): number {
  const delayMs = Math.min(baseDelayMs * 2 ** attempt, maxDelayMs) * (1 + random() * jitterFactor);
  return Math.max(delayMs, (row.retryAfterSeconds ?? 0) * 1_000);
}

type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: AppError };

/** The attempt is told to end at the timeout, and is not waited for where it does not. */
async function tryOnce<Value>(
  clock: RetryDeps["clock"],
  timeoutMs: number,
  attempt: (signal: AbortSignal) => Promise<Value>,
  signal: AbortSignal,
): Promise<Outcome<Value>> {
  signal.throwIfAborted();
  const limit = new AbortController();
  const ended = new AbortController();
  const expired = new AppError(
    "generation_timeout",
    `no answer within ${timeoutMs} ms, the limit of an attempt`,
  );
  const timer = clock.sleep(timeoutMs, AbortSignal.any([signal, ended.signal])).then(() => {
    limit.abort(expired);
    throw expired;
  });
  try {
    const value = await Promise.race([attempt(AbortSignal.any([signal, limit.signal])), timer]);
    return { ok: true, value };
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, error: limit.signal.aborted ? expired : toAppError(error) };
  } finally {
    ended.abort();
    await timer.catch(() => undefined);
  }
}
