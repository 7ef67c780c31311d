import { type AppError, type ErrorCode, toAppError } from "../base/index.ts";
import type { UpstreamConfig } from "../config/index.ts";
import {
  type Breaker,
  type BreakerPermit,
  breakerPresets,
  createBreaker,
  createBulkhead,
  createTokenBucket,
  takeWithin,
} from "../resilience/index.ts";
import { readKey } from "./credentials.ts";
import { type Exchange, type ExchangeLimits, openExchange } from "./exchange.ts";
import { nameUpstream } from "./failures.ts";
import type { UpstreamDeps } from "./upstreams.ts";

/** One call of an upstream. Disposing of it cuts its connection and gives its place to the next. */
export type Visit = Disposable & {
  readonly exchange: Exchange;
  readonly key: string | undefined;
  succeed(): void;
  /** What to throw: the signal's reason once that has aborted, else the failure with the upstream's name and without its key. */
  fail(error: unknown): unknown;
};

/** The door of an upstream: its breaker, its number of places and its requests a minute. */
export type Visits = {
  /**
   * Waits a while for a turn and a place. Throws AppError circuit_open, rate_limit_exceeded or queue_full, and
   * upstream_refused where there is no key, before any connection.
   */
  begin(limits: ExchangeLimits, signal: AbortSignal): Promise<Visit>;
  readonly breaker: Pick<Breaker, "state" | "failures">;
  readonly running: number;
  /** Of the last call that ended, where it was an outage. */
  readonly lastError: string | undefined;
};

const defaultMaxConcurrent = 16;
/** Requests that wait for a place, beyond those that have one. */
const maxWaiting = 256;
const maxRateWaitMs = 5_000;
const secondsPerMinute = 60;

/** Failures that say that a server does not work. */
const outages: ReadonlySet<ErrorCode> = new Set(["upstream_failed", "streaming_error"]);
/** Failures that only a server that works can give. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  ...(["invalid_request", "context_limit_exceeded", "model_not_found", "upstream_refused"] as const),
]);

export function createVisits(config: UpstreamConfig, deps: UpstreamDeps): Visits {
  const { clock, logger } = deps;
  const name = `upstream "${config.name}"`;
  const breaker = createBreaker({
    ...breakerPresets.remote,
    ...{ name, clock },
    onChange: (state) => logger.warn(`upstream_${state}`, { upstream: config.name, reason: lastError }),
  });
  const bulkhead = createBulkhead({
    ...{ name, maxWaiting, maxConcurrent: config.maxConcurrent ?? defaultMaxConcurrent },
  });
  const waitForTurn = createTurns(config, deps);
  let lastError: string | undefined;

  function settle(permit: BreakerPermit, failure: AppError): void {
    if (outages.has(failure.code)) {
      lastError = failure.message;
      permit.fail(failure.message);
    } else if (refusals.has(failure.code)) permit.succeed();
    else permit.abandon();
  }

  return {
    async begin(limits, signal) {
      signal.throwIfAborted();
      if (breaker.state === "open") breaker.enter().abandon();
      const key = await readKey(config, deps).catch((error) => {
        throw nameUpstream(toAppError(error), config.name, undefined);
      });
      await waitForTurn(signal);
      const place = await bulkhead.enter(signal);
      const permit = enterOrLeave(breaker, place);
      const exchange = openExchange(deps, limits, signal);
      return {
        exchange,
        key,
        succeed() {
          lastError = undefined;
          permit.succeed();
        },
        fail(error) {
          if (signal.aborted) return signal.reason;
          const failure = nameUpstream(toAppError(error), config.name, key);
          settle(permit, failure);
          return failure;
        },
        [Symbol.dispose]() {
          permit.abandon();
          exchange[Symbol.dispose]();
          place[Symbol.dispose]();
        },
      };
    },
    breaker,
    get running() {
      return bulkhead.running;
    },
    get lastError() {
      return lastError;
    },
  };
}

function enterOrLeave(breaker: Breaker, place: Disposable): BreakerPermit {
  try {
    return breaker.enter();
  } catch (error) {
    place[Symbol.dispose]();
    throw error;
  }
}

/** Evens out what the upstream may be asked a minute. */
function createTurns(
  { name, requestsPerMinute }: UpstreamConfig,
  { clock }: UpstreamDeps,
): (signal: AbortSignal) => Promise<void> {
  if (requestsPerMinute === undefined) return async () => undefined;
  const bucket = createTokenBucket({
    ...{ capacity: requestsPerMinute, refillPerSecond: requestsPerMinute / secondsPerMinute },
    nowMs: () => clock.nowMs(),
  });
  return (signal) =>
    takeWithin(bucket, { ...{ name: `upstream "${name}"`, mostMs: maxRateWaitMs }, clock, signal });
}
