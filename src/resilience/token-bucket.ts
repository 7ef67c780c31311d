import { AppError } from "../base/index.ts";
import type { Clock } from "./clock.ts";
import { pause } from "./pause.ts";

export type TokenBucketOptions = {
  readonly capacity: number;
  readonly refillPerSecond: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly nowMs: () => number;
};

export type Taken = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number };
export type Reserved =
  | { readonly ok: true; readonly waitMs: number; giveBack(): void }
  | { readonly ok: false; readonly retryAfterMs: number };

/** Gives at most capacity + refillPerSecond·t tokens within any t seconds. Begins full. */
export type TokenBucket = {
  /** All of `count`, one where absent, or none. Throws AppError invalid_request for more than the capacity. */
  take(count?: number): Taken;
  /** One token that is there after `waitMs`, in the order of asking; refuses where that is longer than `mostMs`. */
  reserve(mostMs: number): Reserved;
  readonly isFull: boolean;
};

const msPerSecond = 1000;
/** What fractions of tokens that were summed up may be off. */
const slack = 1e-9;

export function createTokenBucket({ capacity, refillPerSecond, nowMs }: TokenBucketOptions): TokenBucket {
  if (!(capacity >= 1 && refillPerSecond > 0)) {
    const message = `a rate limit needs at least 1 at once and more than 0 a second, got ${capacity} and ${refillPerSecond}`;
    throw new AppError("invalid_request", message);
  }
  /** Below 0: what is reserved and has yet to come. */
  let tokens = capacity;
  let filledMs = nowMs();

  function fill(): void {
    const now = nowMs();
    const passedMs = Math.max(0, now - filledMs);
    tokens = Math.min(capacity, tokens + (passedMs * refillPerSecond) / msPerSecond);
    filledMs = now;
  }
  const waitFor = (count: number) =>
    Math.max(0, Math.ceil(((count - slack - tokens) * msPerSecond) / refillPerSecond));

  return {
    take(count = 1) {
      if (!(count >= 0 && count <= capacity)) {
        const message = `${count} at once can never pass a limit of ${capacity}; ask for less`;
        throw new AppError("invalid_request", message);
      }
      fill();
      if (tokens < count - slack) return { ok: false, retryAfterMs: waitFor(count) };
      tokens -= count;
      return { ok: true };
    },
    reserve(mostMs) {
      fill();
      const waitMs = waitFor(1);
      if (waitMs > mostMs) return { ok: false, retryAfterMs: waitMs - mostMs };
      tokens -= 1;
      const giveBack = () => {
        tokens = Math.min(capacity, tokens + 1);
      };
      return { ok: true, waitMs, giveBack };
    },
    get isFull() {
      fill();
      return tokens >= capacity - slack;
    },
  };
}

export type TakeWithinOptions = {
  /** Names what is limited, in the error. */
  readonly name: string;
  readonly mostMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** Waits in line for one token; throws AppError rate_limit_exceeded at once where that would take too long. */
export async function takeWithin(
  bucket: TokenBucket,
  { name, mostMs, clock, signal }: TakeWithinOptions,
): Promise<void> {
  signal.throwIfAborted();
  const reserved = bucket.reserve(mostMs);
  if (!reserved.ok) throw refuseRate(`${name} has had all the requests it may have for now`, reserved);
  if (reserved.waitMs === 0) return;
  try {
    await pause(clock, reserved.waitMs, signal);
  } catch (error) {
    reserved.giveBack();
    throw error;
  }
}

/** AppError rate_limit_exceeded that says when to come again. */
export function refuseRate(what: string, { retryAfterMs }: { readonly retryAfterMs: number }): AppError {
  const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / msPerSecond));
  const message = `${what}; try again in ${retryAfterSeconds} s`;
  return new AppError("rate_limit_exceeded", message, { details: { retryAfterMs, retryAfterSeconds } });
}
