import { type MemoryState, readMemoryState } from "./memory-state.ts";

const bytesPerMib = 2 ** 20;
/** Of all memory: for the system, its file cache, other programs, and the prefixes that hosts park. */
const reserveShare = 0.2;
/** A large machine needs no more kept free than this, a small one no less. */
const maxReserveBytes = 8 * 2 ** 30;
const minReserveBytes = 256 * bytesPerMib;
/** What a machine with hardly anything free still offers: the built-in model fits. */
const minBudgetBytes = 192 * bytesPerMib;

/**
 * What all loaded models may take together: what was configured, or else what is free now less a reserve. To be read once,
 * before any model is loaded. A box of 1 GiB with 700 MiB free gives 444 MiB, one of 64 GiB with 60 free gives 52 GiB.
 */
export function memoryBudget(
  configuredMib: number | undefined,
  memory: MemoryState = readMemoryState(),
): number {
  if (configuredMib !== undefined) return configuredMib * bytesPerMib;
  const reserve = Math.min(maxReserveBytes, Math.max(minReserveBytes, memory.totalBytes * reserveShare));
  return Math.floor(Math.max(minBudgetBytes, memory.availableBytes - reserve));
}
