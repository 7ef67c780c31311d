/**
 * Results of analyses whose every run is the same, the least recently used of which go first. A sampled run has no key
 * here: the same request is to draw anew.
 */
import { hashText } from "../../base/index.ts";
import type { Message } from "../../contract/index.ts";
import type { TrajectoryConfig } from "./config.ts";
import type { Thresholds } from "./thresholds.ts";

const maxEntries = 1_000;
/** Of all results together: tokens with their alternatives are what takes the memory. */
const maxCachedTokens = 2 ** 15;

export type ResultCache<T> = {
  /** Counts as a use. */
  get(key: string): T | undefined;
  /** A value of more tokens than the cache may hold in all is not kept. */
  set(key: string, value: T, tokens: number): void;
  readonly size: number;
};

export function createResultCache<T>(
  limits: { readonly entries: number; readonly tokens: number } = {
    entries: maxEntries,
    tokens: maxCachedTokens,
  },
): ResultCache<T> {
  const entries = new Map<string, { readonly value: T; readonly tokens: number }>();
  let total = 0;
  const remove = (key: string) => {
    total -= entries.get(key)?.tokens ?? 0;
    entries.delete(key);
  };
  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, tokens) {
      remove(key);
      if (tokens > limits.tokens) return;
      entries.set(key, { value, tokens });
      total += tokens;
      for (const oldest of entries.keys()) {
        if (entries.size <= limits.entries && total <= limits.tokens) return;
        remove(oldest);
      }
    },
    get size() {
      return entries.size;
    },
  };
}

type CacheSubject = {
  readonly modelDigest: string;
  readonly prompt: string | readonly Message[];
  readonly config: TrajectoryConfig;
  readonly thresholds: Thresholds;
};

/** SHA-256 of all that a result depends on; undefined for a run that samples. */
export function cacheKey({ modelDigest, prompt, config, thresholds }: CacheSubject): string | undefined {
  if (config.temperature !== 0) return undefined;
  const { surpriseProbability, maxNewTokens, topK, seed } = config;
  const { bars, sources } = thresholds;
  const text = JSON.stringify([
    ...[modelDigest, prompt, surpriseProbability, maxNewTokens, topK, seed ?? null],
    ...[bars.perplexity ?? null, bars.entropy ?? null, bars.surprise ?? null],
    ...[sources.perplexity, sources.entropy, sources.surprise],
  ]);
  return hashText(text);
}
