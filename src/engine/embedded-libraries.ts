import type { Asset } from "../base/index.ts";

/** The llama.cpp libraries and the shim that this executable carries; empty when it runs from source. */
export const embeddedLibraries: readonly Asset[] = [];
