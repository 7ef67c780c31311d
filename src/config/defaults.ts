import { tmpdir, totalmem, userInfo } from "node:os";
import { join } from "node:path";
import { findCacheFolders } from "./cache-folders.ts";
import type { Config } from "./schema.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const bytesPerMib = 2 ** 20;
const prefixCacheShare = 1 / 8;
const prefixCacheMaxMib = 2048;
const hostMemoryShare = 0.9;
const hostMemoryMinMib = 64;

/** What holds where nothing is said. */
export function createDefaults(environment: Environment, memoryBytes: number): Config {
  const memoryMiB = memoryBytes / bytesPerMib;
  return {
    host: "127.0.0.1",
    port: 11_434,
    apiKeys: [],
    models: ["hearth-demo"],
    queue: 64,
    mode: "balanced",
    eviction: "lru",
    keepAlive: [],
    pinnedModels: [],
    modelPriorities: [],
    modelFolders: [],
    discover: "on",
    registry: "https://registry.ollama.ai",
    huggingFaceEndpoint: "https://huggingface.co",
    prefixCacheMiB: Math.floor(Math.min(prefixCacheMaxMib, memoryMiB * prefixCacheShare)),
    hostMemoryMiB: Math.max(hostMemoryMinMib, Math.floor(memoryMiB * hostMemoryShare)),
    allowedOrigins: [],
    trustedKeys: [],
    requireSigned: "off",
    adminKeys: [],
    logFormat: "auto",
    logLevel: "info",
    home: defaultHome(environment),
    upstreams: [],
    routePolicy: "route-by-complexity",
    fallbacks: [],
    cache: "off",
    cacheTtlMs: 24 * 3600 * 1000,
    cacheMiB: 256,
    cacheFalseHits: 0.01,
    collections: [],
    interactions: "hash",
    requestBurst: 100,
    loadTimeoutMs: 300_000,
    shutdownTimeoutMs: 30_000,
    cacheFolders: findCacheFolders(environment),
  };
}

/** Memory of this machine, or of the container where that is less. */
export function readMemoryLimitBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** `~/.hearth`, or a folder of the user's own among the temporary files where there is no home folder. */
function defaultHome(environment: Environment): string {
  if (environment.XDG_DATA_HOME) return join(environment.XDG_DATA_HOME, "hearth");
  if (environment.HOME) return join(environment.HOME, ".hearth");
  return join(tmpdir(), `hearth-${userInfo().uid}`);
}
