import { AppError } from "../base/index.ts";
import type { Clock } from "./clock.ts";

export type BreakerOptions = {
  /** Names what is protected, in errors. */
  readonly name: string;
  readonly failuresToOpen: number;
  readonly openMs: number;
  readonly halfOpenPermits: number;
  readonly clock: Clock;
};

export type Breaker = {
  readonly state: "closed" | "open" | "half-open";
  readonly failures: number;
  /** Throws AppError circuit_open where an attempt is not allowed. Each attempt ends with one of the next three. */
  enter(): void;
  /** The attempt worked: the circuit closes, the count of failures stays until `reset`. */
  leave(): void;
  fail(reason: string): void;
  /** The attempt was called off and says nothing. */
  abandon(): void;
  /** Real work succeeded: the count starts again. */
  reset(): void;
};

/** Opens after consecutive failures; after `openMs` it lets `halfOpenPermits` attempts try at a time. */
export function createBreaker(options: BreakerOptions): Breaker {
  let failures = 0;
  let openedAtMs: number | undefined;
  let probes = 0;
  let lastReason = "";

  function remainingMs(): number {
    return openedAtMs === undefined ? 0 : openedAtMs + options.openMs - options.clock.nowMs();
  }
  function state(): Breaker["state"] {
    if (openedAtMs === undefined) return "closed";
    return remainingMs() > 0 ? "open" : "half-open";
  }
  function refuse(): AppError {
    const waitSeconds = Math.max(1, Math.ceil(remainingMs() / 1000));
    const message = `${options.name} failed ${failures} times in a row and is tried again in ${waitSeconds} s; last: ${lastReason}`;
    return new AppError("circuit_open", message, { details: { failures, retryAfterSeconds: waitSeconds } });
  }
  return {
    get state() {
      return state();
    },
    get failures() {
      return failures;
    },
    enter() {
      const current = state();
      if (current === "open") throw refuse();
      if (current === "half-open" && probes >= options.halfOpenPermits) throw refuse();
      if (current === "half-open") probes += 1;
    },
    leave() {
      probes = 0;
      openedAtMs = undefined;
    },
    fail(reason) {
      failures += 1;
      probes = 0;
      lastReason = reason;
      if (failures >= options.failuresToOpen) openedAtMs = options.clock.nowMs();
    },
    abandon() {
      probes = Math.max(0, probes - 1);
    },
    reset() {
      failures = 0;
      openedAtMs = undefined;
    },
  };
}
