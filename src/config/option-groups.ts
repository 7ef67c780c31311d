import type { ConfigKey } from "./schema.ts";

export type OptionGroup = { readonly title: string; readonly keys: readonly ConfigKey[] };

/** Every option, under what it is about, in the order in which help tells of them. */
export const optionGroups: readonly OptionGroup[] = [
  {
    title: "Serving",
    keys: [
      ...(["host", "port", "apiKeys", "adminKeys", "allowedOrigins"] as const),
      ...(["queue", "requestsPerSecond", "requestBurst", "shutdownTimeoutMs"] as const),
    ],
  },
  {
    title: "Models",
    keys: [
      ...(["models", "modelFolders", "discover", "registry", "huggingFaceEndpoint"] as const),
      ...(["huggingFaceToken", "maxModels", "keepAlive", "pinnedModels", "eviction"] as const),
      ...(["modelPriorities", "preload", "preloadMax", "loadTimeoutMs"] as const),
    ],
  },
  {
    title: "How models run",
    keys: [
      ...(["contextTokens", "parallel", "kvTokens", "kvType", "threads", "gpuLayers"] as const),
      ...(["mode", "memoryMiB", "gpuMemoryMiB", "prefixCacheMiB", "hostMemoryMiB"] as const),
      ...(["chatTemplateFile", "libraryDir"] as const),
    ],
  },
  {
    title: "Knowledge, stored answers and learning",
    keys: [
      ...(["embeddingModel", "collections", "interactions"] as const),
      ...(["cache", "cacheTtlMs", "cacheMiB", "cacheFalseHits"] as const),
    ],
  },
  {
    title: "Models elsewhere",
    keys: ["upstreams", "routeLocal", "routeRemote", "routePolicy", "fallbacks", "maxUsdPerHour"],
  },
  { title: "Plugins", keys: ["trustedKeys", "requireSigned"] },
  { title: "Hearth itself", keys: ["home", "logFormat", "logLevel"] },
];
