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
    description: "model to serve, hearth-demo or a .gguf file; may be repeated (default hearth-demo)",
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
    description: "answers made side by side (default 16)",
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
    description: "format of the KV cache: f16, q8_0 or f32 (default f16)",
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
    description: "layers to put on a GPU (default -1: all that fit)",
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
