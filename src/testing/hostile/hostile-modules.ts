import { brokenFiles } from "./broken-files.ts";
import { compileBombs } from "./compile-bombs.ts";
import type { HostileModule } from "./hostile-module.ts";
import { loops, recursions } from "./loops.ts";
import { memoryBombs } from "./memory-bombs.ts";
import { outputs } from "./outputs.ts";
import { stalePointers, wildPointers } from "./pointers.ts";
import { httpTricks, ungranted } from "./ungranted.ts";

/** Ways to do harm with one module, by class. */
export const hostileModules = {
  loops,
  recursions,
  memoryBombs,
  compileBombs,
  brokenFiles,
  outputs,
  wildPointers,
  stalePointers,
  ungranted,
  httpTricks,
} as const satisfies Readonly<Record<string, readonly HostileModule[]>>;
