import type { Config } from "../config/index.ts";
import type { CoordinatorSettings } from "../coordinator/index.ts";
import { bytesPerMiB } from "./engine-options.ts";

/** What the configuration means to the coordinator. */
export function toCoordinatorSettings(config: Config, models: readonly string[]): CoordinatorSettings {
  const { cache, cacheTtlMs, cacheFalseHits, collections, interactions, routePolicy, fallbacks } = config;
  const { embeddingModel, routeLocal, routeRemote, maxUsdPerHour } = config;
  return {
    ...{ cache, cacheTtlMs, cacheFalseHits, collections, interactions, routePolicy, fallbacks, models },
    cacheMaxBytes: config.cacheMiB * bytesPerMiB,
    ...(embeddingModel !== undefined && { embeddingModel }),
    ...(routeLocal !== undefined && { routeLocal }),
    ...(routeRemote !== undefined && { routeRemote }),
    ...(maxUsdPerHour !== undefined && { maxUsdPerHour }),
  };
}
