/**
 * A circuit breaker whose half-open state admits a counted number of attempts. Every attempt holds a permit and ends it
 * once. What an attempt says counts only in the state that it began in: a late success closes nothing, a late failure
 * opens nothing. An attempt of the half-open state keeps its place until it has ended, also where the circuit has
 * opened and half-opened again since.
 */
import { AppError } from "../base/index.ts";
import type { Clock } from "./clock.ts";

export type BreakerPreset = {
  /** In a row. */
  readonly failuresToOpen: number;
  readonly openMs: number;
  /** Attempts at a time while half-open. */
  readonly halfOpenPermits: number;
  /** In a row while half-open; one where absent. */
  readonly successesToClose?: number;
};

export type BreakerState = "closed" | "open" | "half-open";

export type BreakerOptions = BreakerPreset & {
  /** Names what is protected, in errors. */
  readonly name: string;
  readonly clock: Pick<Clock, "nowMs">;
  /** Whether the failures in a row outlive a success, until `reset`. */
  readonly countsUntilReset?: boolean;
  /** Told once the circuit has opened or closed. */
  readonly onChange?: (state: "closed" | "open") => void;
};

/** Leave to try. One of the three is called when the attempt has ended; further calls do nothing. */
export type BreakerPermit = {
  succeed(): void;
  fail(reason: string): void;
  /** The attempt was called off and says nothing. */
  abandon(): void;
};

export type Breaker = {
  readonly state: BreakerState;
  /** In a row. */
  readonly failures: number;
  /** Until the circuit is half-open; 0 where it is not open. */
  readonly remainingMs: number;
  /** Throws AppError circuit_open, with `retryAfterSeconds`, where an attempt is not allowed. */
  enter(): BreakerPermit;
  /** A failure that no attempt tells of. */
  fail(reason: string): void;
  /** What is protected works: the circuit closes and the count starts again. */
  reset(): void;
};

export const breakerPresets = {
  default: { failuresToOpen: 5, openMs: 30_000, halfOpenPermits: 1, successesToClose: 1 },
  gpu: { failuresToOpen: 3, openMs: 60_000, halfOpenPermits: 1, successesToClose: 1 },
  network: { failuresToOpen: 5, openMs: 10_000, halfOpenPermits: 2, successesToClose: 2 },
  remote: { failuresToOpen: 5, openMs: 30_000, halfOpenPermits: 1, successesToClose: 2 },
  connector: { failuresToOpen: 3, openMs: 30_000, halfOpenPermits: 1, successesToClose: 1 },
} as const satisfies Readonly<Record<string, BreakerPreset>>;

const msPerSecond = 1000;

export function createBreaker(options: BreakerOptions): Breaker {
  const { clock, failuresToOpen, openMs, halfOpenPermits, successesToClose = 1 } = options;
  /** Grows with each opening and closing. */
  let era = 0;
  let failures = 0;
  let successes = 0;
  let openedAtMs: number | undefined;
  let probes = 0;
  let lastReason = "";

  function remainingMs(): number {
    return openedAtMs === undefined ? 0 : Math.max(0, openedAtMs + openMs - clock.nowMs());
  }
  function state(): BreakerState {
    if (openedAtMs === undefined) return "closed";
    return remainingMs() > 0 ? "open" : "half-open";
  }
  function open(): void {
    const wasClosed = openedAtMs === undefined;
    openedAtMs = clock.nowMs();
    successes = 0;
    era += 1;
    if (wasClosed) options.onChange?.("open");
  }
  function close(): void {
    if (openedAtMs === undefined) return;
    openedAtMs = undefined;
    successes = 0;
    era += 1;
    options.onChange?.("closed");
  }
  function fail(reason: string): void {
    failures += 1;
    lastReason = reason;
    const current = state();
    if (current === "half-open" || (current === "closed" && failures >= failuresToOpen)) open();
  }
  function succeed(): void {
    successes += 1;
    if (openedAtMs !== undefined && successes < successesToClose) return;
    close();
    if (!options.countsUntilReset) failures = 0;
  }
  function refuse(): AppError {
    const waitSeconds = Math.max(1, Math.ceil(remainingMs() / msPerSecond));
    const message = `${options.name} failed ${failures} times in a row and is tried again in ${waitSeconds} s; last: ${lastReason}`;
    return new AppError("circuit_open", message, { details: { failures, retryAfterSeconds: waitSeconds } });
  }
  function grant(isProbe: boolean): BreakerPermit {
    const began = era;
    let hasEnded = false;
    const end = (count?: () => void) => {
      if (hasEnded) return;
      hasEnded = true;
      if (isProbe) probes -= 1;
      if (began === era) count?.();
    };
    return { succeed: () => end(succeed), fail: (reason) => end(() => fail(reason)), abandon: () => end() };
  }
  return {
    get state() {
      return state();
    },
    get failures() {
      return failures;
    },
    get remainingMs() {
      return remainingMs();
    },
    enter() {
      const current = state();
      if (current === "open") throw refuse();
      if (current === "closed") return grant(false);
      if (probes >= halfOpenPermits) throw refuse();
      probes += 1;
      return grant(true);
    },
    fail,
    reset() {
      failures = 0;
      close();
    },
  };
}
