import { createTokenBucket, type Taken, type TokenBucket, type TokenBucketOptions } from "./token-bucket.ts";

export type RateLimiterOptions = TokenBucketOptions & { readonly maxKeys: number };

/** A token bucket for each key. */
export type RateLimiter = { take(key: string): Taken; readonly keys: number };

/** Looked at for one that can leave when another key comes. */
const oldestTried = 8;

/**
 * Keys whose bucket is full again are forgotten when room is needed. Where there is none, further keys share one bucket,
 * so that whoever invents keys cannot take from those that are known.
 */
export function createRateLimiter({ maxKeys, ...limit }: RateLimiterOptions): RateLimiter {
  /** The one used longest ago first. */
  const buckets = new Map<string, TokenBucket>();
  const strangers = createTokenBucket(limit);

  function makeRoom(): boolean {
    if (buckets.size < maxKeys) return true;
    let tried = 0;
    for (const [key, bucket] of buckets) {
      if (bucket.isFull) return buckets.delete(key);
      tried += 1;
      if (tried >= oldestTried) break;
    }
    return false;
  }
  function find(key: string): TokenBucket {
    const known = buckets.get(key);
    if (!known && !makeRoom()) return strangers;
    const bucket = known ?? createTokenBucket(limit);
    buckets.delete(key);
    buckets.set(key, bucket);
    return bucket;
  }
  return {
    take: (key) => find(key).take(),
    get keys() {
      return buckets.size;
    },
  };
}
