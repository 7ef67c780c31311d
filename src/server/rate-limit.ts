import { createRateLimiter, refuseRate } from "../resilience/index.ts";
import { maxNameCharacters, maxRateKeys } from "./limits.ts";

export type RateLimit = {
  /** Above the burst. */
  readonly requestsPerSecond: number;
  /** That may come at once. */
  readonly burst: number;
};

export type RateLimitDeps = {
  readonly rateLimit?: RateLimit;
  readonly apiKeys: readonly string[];
  readonly nowMs?: () => number;
  readonly metrics: { rateLimited(): void };
};

/** Throws AppError rate_limit_exceeded, with when to come again, for a caller that has sent too much. */
export type CheckRate = (tenant: string, headers: Headers) => void;

/**
 * Counts the requests of each API key. Where there are none, a caller is who its `x-client-id` says: that keeps programs
 * of one user apart, and nobody who lies about it.
 */
export function createRateCheck({ rateLimit, apiKeys, nowMs, metrics }: RateLimitDeps): CheckRate {
  if (!rateLimit) return () => undefined;
  const { requestsPerSecond, burst } = rateLimit;
  const limiter = createRateLimiter({
    capacity: burst,
    refillPerSecond: requestsPerSecond,
    nowMs: nowMs ?? performance.now.bind(performance),
    maxKeys: maxRateKeys,
  });
  return function checkRate(tenant, headers) {
    const client = apiKeys.length > 0 ? "" : (headers.get("x-client-id") ?? "anonymous");
    const taken = limiter.take(`${tenant} ${client.slice(0, maxNameCharacters)}`);
    if (taken.ok) return;
    metrics.rateLimited();
    throw refuseRate(`This caller may send ${requestsPerSecond} requests a second, ${burst} at once`, taken);
  };
}
