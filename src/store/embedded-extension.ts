import type { Asset } from "../base/index.ts";

/** The SQLite extension that this executable carries; empty when it runs from source. */
export const embeddedExtension: readonly Asset[] = [];
