import type { CacheMode } from "../contract/index.ts";

/** What the operator decided about requests that say nothing themselves. */
export type CoordinatorSettings = {
  readonly cache: CacheMode;
  readonly cacheTtlMs: number;
  readonly cacheMaxBytes: number;
  /** Share of semantic hits that may be wrong, from 0 to 1. */
  readonly cacheFalseHits: number;
  /** Whose embeddings tell how alike questions and patterns are; absent: words alone. */
  readonly embeddingModel?: string;
  /** Collections that every chat is answered from. */
  readonly collections: readonly string[];
  /** What is kept of a request and its answer. */
  readonly interactions: "off" | "hash" | "redacted" | "full";
  /** Models that `auto` chooses between; absent: the first configured one, and the first of the upstreams. */
  readonly routeLocal?: string;
  readonly routeRemote?: string;
  /** Plugin that decides for `auto`. */
  readonly routePolicy: string;
  /** Who answers where a model fails, as `MODEL=OTHER`; several of one model in order. */
  readonly fallbacks: readonly string[];
  /** What remote calls of one sliding hour may cost; absent: no limit. */
  readonly maxUsdPerHour?: number;
  /** Names of the configured local models; the first is meant where none is named. */
  readonly models: readonly string[];
};
