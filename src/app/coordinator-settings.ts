import { AppError } from "../base/index.ts";
import type { Config } from "../config/index.ts";
import type { CoordinatorSettings } from "../coordinator/index.ts";
import { bytesPerMiB } from "./engine-options.ts";

/**
 * What the configuration means to the coordinator. Throws AppError invalid_request for an embedding model elsewhere:
 * every question is embedded by it, those that must not leave this machine too.
 */
export function toCoordinatorSettings(config: Config, models: readonly string[]): CoordinatorSettings {
  const { cache, cacheTtlMs, cacheFalseHits, collections, interactions, routePolicy, fallbacks } = config;
  refuseRemoteEmbedding(config);
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

function refuseRemoteEmbedding({ embeddingModel, upstreams }: Config): void {
  const upstream = upstreams.find(({ name }) => embeddingModel?.endsWith(`@${name}`));
  if (!upstream) return;
  const message = `--embedding-model: ${embeddingModel} is on another machine, and private questions would go there too; name a model of this one, or name that one for a collection alone`;
  throw new AppError("invalid_request", message);
}
