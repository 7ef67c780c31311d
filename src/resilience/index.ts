export {
  type Breaker,
  type BreakerOptions,
  type BreakerPermit,
  type BreakerPreset,
  type BreakerState,
  breakerPresets,
  createBreaker,
} from "./breaker.ts";
export { type Bulkhead, type BulkheadOptions, createBulkhead } from "./bulkhead.ts";
export { type Clock, systemClock } from "./clock.ts";
export { type CostLimit, type CostLimitOptions, createCostLimit, type Reservation } from "./cost-limit.ts";
export { createDeadline, type Deadline, type DeadlineOptions, deadlinePresets } from "./deadline.ts";
export {
  type Decision,
  decide,
  type FailureContext,
  jitterMs,
  type RetryPreset,
  retryPresets,
} from "./decide.ts";
export { pause } from "./pause.ts";
export { createRateLimiter, type RateLimiter, type RateLimiterOptions } from "./rate-limiter.ts";
export { type RetryOptions, withRetry } from "./retry.ts";
export { readRetryAfterMs } from "./retry-after.ts";
export {
  createTokenBucket,
  refuseRate,
  type Taken,
  type TakeWithinOptions,
  type TokenBucket,
  type TokenBucketOptions,
  takeWithin,
} from "./token-bucket.ts";
