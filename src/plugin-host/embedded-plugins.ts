import type { Asset } from "../base/index.ts";

/** The project's own plugins in the executable, by name; empty when it runs from source. */
export const embeddedPlugins: readonly Asset[] = [];
