import type { GgufHeader } from "../gguf/header.ts";
import { type EstimateOptions, estimateMemory } from "./estimate-memory.ts";

/** Kept free of what a GPU has: its driver, a display and other programs take some as they go. */
const deviceReserveShare = 0.05;

/**
 * How many layers, the output counted as one more, fit a GPU with so much free: a first guess for the loader, which tries
 * fewer where it was too many. The context is that of the options, so plan it once and pass its sizes.
 */
export function planGpuLayers(
  headers: GgufHeader | readonly GgufHeader[],
  options: Omit<EstimateOptions, "gpuLayers">,
  freeDeviceBytes: number,
): number {
  const room = freeDeviceBytes * (1 - deviceReserveShare);
  const fits = (gpuLayers: number) => estimateMemory(headers, { ...options, gpuLayers }).deviceBytes <= room;
  let fitting = 0;
  let tooMany = estimateMemory(headers, { ...options, gpuLayers: -1 }).layersOnDevice + 1;
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2);
    if (fits(middle)) fitting = middle;
    else tooMany = middle;
  }
  return fitting;
}
