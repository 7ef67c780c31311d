import type { Config } from "../config/index.ts";
import type { RateLimit } from "../server/index.ts";

/** Requests a second of one API key where nothing is said. */
const defaultRequestsPerSecond = 10;

/** None where that was asked for, or where nobody needs a key and nothing was said. */
export function chooseRateLimit({
  apiKeys,
  requestsPerSecond,
  requestBurst,
}: Pick<Config, "apiKeys" | "requestsPerSecond" | "requestBurst">): {
  readonly rateLimit?: RateLimit;
} {
  const rate = requestsPerSecond ?? (apiKeys.length > 0 ? defaultRequestsPerSecond : 0);
  return rate === 0 ? {} : { rateLimit: { requestsPerSecond: rate, burst: requestBurst } };
}
