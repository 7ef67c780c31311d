export { databasePath } from "./database-path.ts";
export type { Environment } from "./defaults.ts";
export { loadConfig } from "./load-config.ts";
export { isLoopback } from "./loopback.ts";
export type { ConfigSources, Flags } from "./merge-config.ts";
export { type ConfigOption, configKeys, configOptions } from "./options.ts";
export { type ProcessInput, readProcessInput } from "./process-input.ts";
export type { CacheFolders, Config, ConfigKey } from "./schema.ts";
export type { UpstreamConfig } from "./upstream-schema.ts";
