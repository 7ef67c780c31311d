import type { ConfigKey } from "../../config/index.ts";

/** Options that change how models run and texts are compared where answers are judged. */
export const judgingKeys: readonly ConfigKey[] = [
  ...(["contextTokens", "kvTokens", "kvType", "threads", "gpuLayers", "parallel", "mode"] as const),
  ...(["memoryMiB", "gpuMemoryMiB", "maxModels", "prefixCacheMiB", "hostMemoryMiB"] as const),
  ...(["chatTemplateFile", "libraryDir", "logFormat", "logLevel", "home", "loadTimeoutMs"] as const),
  ...(["modelFolders", "discover", "embeddingModel"] as const),
];
