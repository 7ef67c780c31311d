import type { ConfigKey } from "./schema.ts";

export type ConfigOption = {
  /** As commander takes it. */
  readonly flag: string;
  readonly environment: string;
  readonly kind: "text" | "number" | "list";
  readonly description: string;
};

/** One row an option: its flag and environment variable. Ranges stand in the schema, defaults in `defaults.ts`. */
export const configOptions: Readonly<Record<ConfigKey, ConfigOption>> = {
  host: {
    flag: "--host <address>",
    environment: "HEARTH_HOST",
    kind: "text",
    description: "address to listen on (default 127.0.0.1; another one needs an API key)",
  },
  port: {
    flag: "--port <number>",
    environment: "HEARTH_PORT",
    kind: "number",
    description: "port to listen on (default 11434; 0 picks a free one)",
  },
  apiKeys: {
    flag: "--api-key <key>",
    environment: "HEARTH_API_KEY",
    kind: "list",
    description: "key that clients must send; may be repeated",
  },
  models: {
    flag: "--model <name or path>",
    environment: "HEARTH_MODEL",
    kind: "list",
    description:
      "model to load at start: a name that `hearth ls` shows or a .gguf file; may be repeated (default hearth-demo)",
  },
  embeddingModel: {
    flag: "--embedding-model <name>",
    environment: "HEARTH_EMBEDDING_MODEL",
    kind: "text",
    description:
      "model that tells how alike texts are: for collections, stored answers, patterns and judges (default none: words alone)",
  },
  contextTokens: {
    flag: "--ctx <tokens>",
    environment: "HEARTH_CTX",
    kind: "number",
    description: "longest prompt and answer together (default: what the model was trained for, at most 8192)",
  },
  parallel: {
    flag: "--parallel <count>",
    environment: "HEARTH_PARALLEL",
    kind: "number",
    description: "answers made side by side (default: by the mode, 16)",
  },
  queue: {
    flag: "--queue <count>",
    environment: "HEARTH_QUEUE",
    kind: "number",
    description: "requests that may wait; more are refused with 503 (default 64)",
  },
  kvTokens: {
    flag: "--kv-tokens <tokens>",
    environment: "HEARTH_KV_TOKENS",
    kind: "number",
    description: "size of the KV cache that all answers share (default: chosen from the context)",
  },
  kvType: {
    flag: "--kv-type <type>",
    environment: "HEARTH_KV_TYPE",
    kind: "text",
    description: "format of the KV cache: f16, q8_0 or f32 (default: by the mode, f16)",
  },
  threads: {
    flag: "--threads <count>",
    environment: "HEARTH_THREADS",
    kind: "number",
    description: "CPU threads for inference (default: chosen from the machine)",
  },
  gpuLayers: {
    flag: "--gpu-layers <count>",
    environment: "HEARTH_GPU_LAYERS",
    kind: "number",
    description: "layers to put on a GPU; -1 is all that fit (default: by the mode, -1)",
  },
  prefixCacheMiB: {
    flag: "--prefix-cache <MiB>",
    environment: "HEARTH_PREFIX_CACHE",
    kind: "number",
    description:
      "memory for evaluated prefixes that wait to be used again (default: 1/8 of RAM, at most 2048)",
  },
  hostMemoryMiB: {
    flag: "--host-memory <MiB>",
    environment: "HEARTH_HOST_MEMORY",
    kind: "number",
    description: "memory an engine may take before it is ended (default: 90 % of RAM)",
  },
  mode: {
    flag: "--mode <mode>",
    environment: "HEARTH_MODE",
    kind: "text",
    description:
      "high-quality, balanced, high-performance, power-saver, or auto by load, memory and power (default balanced)",
  },
  memoryMiB: {
    flag: "--memory <MiB>",
    environment: "HEARTH_MEMORY",
    kind: "number",
    description: "memory that all loaded models may take together (default: most of what is free at start)",
  },
  gpuMemoryMiB: {
    flag: "--gpu-memory <MiB>",
    environment: "HEARTH_GPU_MEMORY",
    kind: "number",
    description: "the same of GPU memory (default: most of what is free at start)",
  },
  maxModels: {
    flag: "--max-models <count>",
    environment: "HEARTH_MAX_MODELS",
    kind: "number",
    description: "models loaded at once (default: by the mode, 4)",
  },
  eviction: {
    flag: "--eviction <policy>",
    environment: "HEARTH_EVICTION",
    kind: "text",
    description: "which model makes room for another: lru, lfu, fifo or priority (default lru)",
  },
  keepAlive: {
    flag: "--keep-alive <duration>",
    environment: "HEARTH_KEEP_ALIVE",
    kind: "list",
    description:
      "how long an idle model stays loaded, such as 30s, 5m or -1, or name=5m for one model; may be repeated (default 5m; those named by --model stay)",
  },
  pinnedModels: {
    flag: "--pin <name>",
    environment: "HEARTH_PIN",
    kind: "list",
    description: "model that never makes room for another; may be repeated",
  },
  modelPriorities: {
    flag: "--model-priority <name=number>",
    environment: "HEARTH_MODEL_PRIORITY",
    kind: "list",
    description: "for --eviction priority: the lowest number goes first; may be repeated (default 0)",
  },
  preload: {
    flag: "--preload <strategy>",
    environment: "HEARTH_PRELOAD",
    kind: "text",
    description:
      "order in which models are loaded at start: off, sequential, frequency, recency or size (default: by the mode, sequential)",
  },
  preloadMax: {
    flag: "--preload-max <count>",
    environment: "HEARTH_PRELOAD_MAX",
    kind: "number",
    description: "most models loaded at start (default: as many as may be loaded at once)",
  },
  modelFolders: {
    flag: "--model-dir <folder>",
    environment: "HEARTH_MODEL_DIR",
    kind: "list",
    description: "folder whose .gguf files are served in place; may be repeated",
  },
  discover: {
    flag: "--discover <on|off>",
    environment: "HEARTH_DISCOVER",
    kind: "text",
    description: "serve the models that Ollama, Hugging Face, llama.cpp and LM Studio have here (default on)",
  },
  registry: {
    flag: "--registry <url>",
    environment: "HEARTH_REGISTRY",
    kind: "text",
    description: "where names such as qwen3:0.6b are pulled from (default https://registry.ollama.ai)",
  },
  huggingFaceEndpoint: {
    flag: "--hf-endpoint <url>",
    environment: "HF_ENDPOINT",
    kind: "text",
    description: "where names that begin with hf.co/ are pulled from (default https://huggingface.co)",
  },
  huggingFaceToken: {
    flag: "--hf-token <token>",
    environment: "HF_TOKEN",
    kind: "text",
    description: "token for models that need one; it is sent to the endpoint above and nowhere else",
  },
  chatTemplateFile: {
    flag: "--chat-template <file>",
    environment: "HEARTH_CHAT_TEMPLATE",
    kind: "text",
    description: "Jinja chat template to use in place of the model's own",
  },
  libraryDir: {
    flag: "--library-dir <folder>",
    environment: "HEARTH_LIBRARY_DIR",
    kind: "text",
    description:
      "folder of another build of the native libraries, such as one for CUDA (default: those inside)",
  },
  allowedOrigins: {
    flag: "--allow-origin <origin>",
    environment: "HEARTH_ALLOW_ORIGIN",
    kind: "list",
    description: "web origin whose pages may call the server; may be repeated (default none)",
  },
  trustedKeys: {
    flag: "--trusted-key <key>",
    environment: "HEARTH_TRUSTED_KEY",
    kind: "list",
    description: "public key, as `hearth plugin sign` prints it, whose plugins are trusted; may be repeated",
  },
  requireSigned: {
    flag: "--require-signed <on|off>",
    environment: "HEARTH_REQUIRE_SIGNED",
    kind: "text",
    description: "refuse plugins without a signature of a trusted key (default off)",
  },
  adminKeys: {
    flag: "--admin-key <key>",
    environment: "HEARTH_ADMIN_KEY",
    kind: "list",
    description: "key that opens /api/plugins; may be repeated (default none)",
  },
  logFormat: {
    flag: "--log-format <format>",
    environment: "HEARTH_LOG_FORMAT",
    kind: "text",
    description: "json, pretty or auto (default auto: pretty on a terminal)",
  },
  logLevel: {
    flag: "--log-level <level>",
    environment: "HEARTH_LOG_LEVEL",
    kind: "text",
    description: "debug, info, warn or error (default info)",
  },
  home: {
    flag: "--home <folder>",
    environment: "HEARTH_HOME",
    kind: "text",
    description: "folder for what Hearth keeps (default ~/.hearth)",
  },
  upstreams: {
    flag: "--upstream <name=url>",
    environment: "HEARTH_UPSTREAM",
    kind: "list",
    description:
      "server elsewhere whose models are MODEL@NAME here; may be repeated; a configuration file takes its kind, key, prices and limits too",
  },
  routeLocal: {
    flag: "--route-local <model>",
    environment: "HEARTH_ROUTE_LOCAL",
    kind: "text",
    description: "model of this machine that `auto` stands for (default: the first of --model)",
  },
  routeRemote: {
    flag: "--route-remote <model@name>",
    environment: "HEARTH_ROUTE_REMOTE",
    kind: "text",
    description:
      "model elsewhere that `auto` sends hard questions to (default: the first that an upstream is configured with)",
  },
  routePolicy: {
    flag: "--route-policy <plugin>",
    environment: "HEARTH_ROUTE_POLICY",
    kind: "text",
    description: "plugin that decides for `auto` (default route-by-complexity)",
  },
  fallbacks: {
    flag: "--fallback <model=other>",
    environment: "HEARTH_FALLBACK",
    kind: "list",
    description:
      "model that answers where one fails, such as big@work=hearth-demo; may be repeated, in order",
  },
  maxUsdPerHour: {
    flag: "--max-usd-per-hour <amount>",
    environment: "HEARTH_MAX_USD_PER_HOUR",
    kind: "number",
    description:
      "what calls of upstreams may cost within any hour; an answer without max_tokens counts as 1,024 tokens until it ends (default: no limit)",
  },
  cache: {
    flag: "--cache <mode>",
    environment: "HEARTH_CACHE",
    kind: "text",
    description:
      "serve answers that are known: off, exact, semantic, or shadow, which measures and serves none (default off)",
  },
  cacheTtlMs: {
    flag: "--cache-ttl <ms>",
    environment: "HEARTH_CACHE_TTL_MS",
    kind: "number",
    description: "how long a stored answer is served (default 86400000: a day)",
  },
  cacheMiB: {
    flag: "--cache-size <MiB>",
    environment: "HEARTH_CACHE_SIZE",
    kind: "number",
    description: "room of stored answers; those used longest ago leave (default 256)",
  },
  cacheFalseHits: {
    flag: "--cache-false-hits <share>",
    environment: "HEARTH_CACHE_FALSE_HITS",
    kind: "number",
    description: "share of answers served by meaning that may be wrong (default 0.01)",
  },
  collections: {
    flag: "--collection <name>",
    environment: "HEARTH_COLLECTION",
    kind: "list",
    description: "collection that every chat is answered from; may be repeated (default none)",
  },
  interactions: {
    flag: "--interactions <content>",
    environment: "HEARTH_INTERACTIONS",
    kind: "text",
    description: "what is kept of questions and answers: off, hash, redacted or full (default hash)",
  },
  requestsPerSecond: {
    flag: "--rate <requests>",
    environment: "HEARTH_RATE",
    kind: "number",
    description:
      "requests a second of one API key, above its burst; 0 is no limit (default 10 where there are keys)",
  },
  requestBurst: {
    flag: "--burst <requests>",
    environment: "HEARTH_BURST",
    kind: "number",
    description: "requests of one API key that may come at once (default 100)",
  },
  loadTimeoutMs: {
    flag: "--load-timeout <ms>",
    environment: "HEARTH_LOAD_TIMEOUT",
    kind: "number",
    description: "how long a model may take to load (default 300000)",
  },
  shutdownTimeoutMs: {
    flag: "--shutdown-timeout <ms>",
    environment: "HEARTH_SHUTDOWN_TIMEOUT",
    kind: "number",
    description: "how long running answers may finish after a stop signal (default 30000)",
  },
};

export const configKeys = Object.keys(configOptions).filter(isConfigKey);

export function isConfigKey(name: string): name is ConfigKey {
  return Object.hasOwn(configOptions, name);
}
