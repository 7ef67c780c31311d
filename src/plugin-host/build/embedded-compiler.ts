import type { Asset } from "../../base/index.ts";

/** Compiler and SDK of the executable: `compiler.mjs.zst` and `sdk.json`; empty when it runs from source. */
export const embeddedCompiler: readonly Asset[] = [];
