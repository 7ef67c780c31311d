import { z } from "zod";
import { upstreamList } from "./upstream-schema.ts";

export const maxPort = 65_535;
/** Most sequences that the native library decodes side by side. */
export const maxParallel = 256;
export const maxQueue = 100_000;
const maxContextTokens = 2 ** 24;
const maxThreads = 1024;
const maxMebibytes = 2 ** 24;
const maxTimeoutMs = 24 * 3600 * 1000;
const maxListItems = 256;
const maxResidentModels = 256;
const maxKeyChars = 512;
const maxCacheTtlMs = 366 * 24 * 3600 * 1000;
const maxRequestRate = 1_000_000;

function whole(minimum: number, maximum: number) {
  const message = `expected a whole number from ${minimum} to ${maximum}`;
  return z.int({ error: message }).min(minimum, { error: message }).max(maximum, { error: message });
}

function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `expected one of ${values.join(", ")}` });
}

const text = z.string({ error: "expected text" }).min(1, { error: "expected text, got nothing" });

function list<Item extends z.ZodType>(item: Item) {
  return z
    .array(item, { error: "expected a list" })
    .max(maxListItems, { error: `expected at most ${maxListItems} items` });
}

const apiKey = text
  .max(maxKeyChars, { error: `expected keys of at most ${maxKeyChars} characters` })
  .regex(/^[\x21-\x7e]+$/, { error: "expected keys of printable ASCII characters without spaces" });

const trustedKey = text.regex(/^ed25519:[A-Za-z0-9+/]{43}=$/, {
  error: "expected keys as `hearth plugin sign` prints them, such as ed25519:BASE64",
});

const webAddress = text.refine(isWebAddress, {
  error: "expected an address such as https://registry.ollama.ai",
});

const keepAlive = text.regex(/^(.+=)?-?[\d.]+(ns|us|µs|ms|s|m|h|[\d.])*$/, {
  error: "expected a duration such as 5m, or a name and one such as qwen3:0.6b=-1",
});

const modelPriority = text.regex(/^.+=-?\d{1,6}$/, {
  error: "expected a name and a number such as qwen3:0.6b=10",
});

const origin = text.refine(isOrigin, { error: "expected origins such as http://localhost:3000, or *" });

const fallback = text.regex(/^[^=]+=[^=]+$/, {
  error: "expected MODEL=OTHER such as big@work=hearth-demo",
});

const amount = z
  .number({ error: "expected an amount such as 2.5" })
  .min(0, { error: "expected an amount, 0 or more" });

const share = z
  .number({ error: "expected a share such as 0.01" })
  .min(0, { error: "expected a share from 0 to 1" })
  .max(1, { error: "expected a share from 0 to 1" });

function isWebAddress(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function isOrigin(value: string): boolean {
  return value === "*" || (URL.canParse(value) && new URL(value).origin === value);
}

/** Every option with its range. The layers are merged first, so each key is optional in a layer and checked once. */
export const configSchema = z.strictObject({
  host: text,
  port: whole(0, maxPort),
  apiKeys: list(apiKey),
  models: list(text).min(1, { error: "expected at least one model" }),
  embeddingModel: text.exactOptional(),
  contextTokens: whole(16, maxContextTokens).exactOptional(),
  parallel: whole(1, maxParallel).exactOptional(),
  queue: whole(0, maxQueue),
  kvTokens: whole(16, maxContextTokens).exactOptional(),
  kvType: oneOf(["f16", "q8_0", "f32"]).exactOptional(),
  threads: whole(1, maxThreads).exactOptional(),
  gpuLayers: whole(-1, 10_000).exactOptional(),
  mode: oneOf(["high-quality", "balanced", "high-performance", "power-saver", "auto"]),
  prefixCacheMiB: whole(0, maxMebibytes),
  hostMemoryMiB: whole(64, maxMebibytes),
  memoryMiB: whole(64, maxMebibytes).exactOptional(),
  gpuMemoryMiB: whole(0, maxMebibytes).exactOptional(),
  maxModels: whole(1, maxResidentModels).exactOptional(),
  eviction: oneOf(["lru", "lfu", "fifo", "priority"]),
  keepAlive: list(keepAlive),
  pinnedModels: list(text),
  modelPriorities: list(modelPriority),
  preload: oneOf(["off", "sequential", "frequency", "recency", "size"]).exactOptional(),
  preloadMax: whole(0, maxResidentModels).exactOptional(),
  modelFolders: list(text),
  discover: oneOf(["on", "off"]),
  registry: webAddress,
  huggingFaceEndpoint: webAddress,
  huggingFaceToken: apiKey.exactOptional(),
  chatTemplateFile: text.exactOptional(),
  libraryDir: text.exactOptional(),
  allowedOrigins: list(origin),
  trustedKeys: list(trustedKey),
  requireSigned: oneOf(["on", "off"]),
  adminKeys: list(apiKey),
  logFormat: oneOf(["auto", "json", "pretty"]),
  logLevel: oneOf(["debug", "info", "warn", "error"]),
  home: text,
  upstreams: upstreamList,
  routeLocal: text.exactOptional(),
  routeRemote: text.exactOptional(),
  routePolicy: text,
  fallbacks: list(fallback),
  maxUsdPerHour: amount.exactOptional(),
  cache: oneOf(["off", "exact", "semantic", "shadow"]),
  cacheTtlMs: whole(1000, maxCacheTtlMs),
  cacheMiB: whole(1, maxMebibytes),
  cacheFalseHits: share,
  collections: list(text),
  interactions: oneOf(["off", "hash", "redacted", "full"]),
  requestsPerSecond: whole(0, maxRequestRate).exactOptional(),
  requestBurst: whole(1, maxRequestRate),
  loadTimeoutMs: whole(100, maxTimeoutMs),
  shutdownTimeoutMs: whole(0, maxTimeoutMs),
});

export type ConfigKey = keyof z.infer<typeof configSchema>;

type ParsedConfig = z.infer<typeof configSchema>;

/** Folders where other programs keep their models. */
export type CacheFolders = {
  readonly ollama?: string;
  readonly huggingFace?: string;
  readonly llamaCpp?: string;
  readonly lmStudio?: string;
};

/** Everything that can be configured, checked and frozen. Sizes and times carry their unit in the name. */
export type Config = {
  readonly [Key in keyof ParsedConfig]: ParsedConfig[Key] extends (infer Item)[]
    ? readonly Item[]
    : ParsedConfig[Key];
} & { readonly cacheFolders: CacheFolders };
