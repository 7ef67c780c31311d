import type { ConfigSources } from "./merge-config.ts";
import type { Config } from "./schema.ts";

/**
 * Merges defaults < file < environment < flags. Throws AppError invalid_request naming the option and its source.
 * The schema is loaded with the first call: hosts and small commands never need it.
 */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const { mergeConfig } = await import("./merge-config.ts");
  return mergeConfig(sources);
}
