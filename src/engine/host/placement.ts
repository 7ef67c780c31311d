/** Finds how many layers of a model fit on the GPU: fewer after each failure for want of memory, none in the end. */
import { AppError } from "../../base/index.ts";
import type { ModelPlacement } from "../../contract/index.ts";

export type PlacementWish = {
  readonly hasGpu: boolean;
  /** Most layers to put on the GPU; −1 means all. */
  readonly gpuLayers: number;
  /** What is expected to fit; tried first where it is less. */
  readonly firstGpuLayers?: number;
  /** Layers of the model, if known before it is loaded. */
  readonly layers?: number;
};

export type FailedAttempt = { readonly gpuLayers: number; readonly error: unknown };

export type Placed<Loaded> = {
  readonly loaded: Loaded;
  /** −1 means all. */
  readonly gpuLayers: number;
  readonly failedAttempts: readonly FailedAttempt[];
};

/** Thrown where nothing fits, or where the failure has nothing to do with memory. */
export class PlacementError extends Error {
  readonly failedAttempts: readonly FailedAttempt[];

  constructor(failedAttempts: readonly FailedAttempt[]) {
    super("the model could not be placed", { cause: failedAttempts.at(-1)?.error });
    this.name = "PlacementError";
    this.failedAttempts = failedAttempts;
  }
}

/** Shares of the first attempt that are tried when it does not fit; the CPU alone comes last. */
const retryShares = [3 / 4, 1 / 2, 3 / 8, 1 / 4, 1 / 8];
/** Taken for a model that did not fit whole where its layers are unknown. */
const manyLayers = 64;
/** What llama.cpp and the backends of ggml log when an allocation fails. */
const memoryFailure =
  /out of ?(device |host )?memory|(failed|unable) to (re)?(allocate|reserve)|alloc(ation)?\w* .{0,80}failed|insufficient memory|failed to create .{0,40}buffer|ran out of/i;

/** Calls `tryLoad` with fewer and fewer layers until it does not throw. */
export function placeLayers<Loaded>(
  wish: PlacementWish,
  tryLoad: (gpuLayers: number) => Loaded,
): Placed<Loaded> {
  const failedAttempts: FailedAttempt[] = [];
  for (const gpuLayers of planAttempts(wish)) {
    try {
      return { loaded: tryLoad(gpuLayers), gpuLayers, failedAttempts };
    } catch (error) {
      failedAttempts.push({ gpuLayers, error });
      if (!isMemoryFailure(error)) break;
    }
  }
  throw new PlacementError(failedAttempts);
}

/** Numbers of GPU layers to try, in order; the last is 0. */
export function planAttempts({ hasGpu, gpuLayers, firstGpuLayers, layers }: PlacementWish): number[] {
  if (!hasGpu || gpuLayers === 0) return [0];
  // llama.cpp counts the output as a layer of its own.
  const all = layers === undefined ? -1 : layers + 1;
  const most = gpuLayers < 0 || (all > 0 && gpuLayers > all) ? all : gpuLayers;
  const first =
    firstGpuLayers === undefined || firstGpuLayers < 0 || (most > 0 && firstGpuLayers > most)
      ? most
      : firstGpuLayers;
  const attempts = first < 0 ? [first, manyLayers] : [first];
  const base = first < 0 ? manyLayers : first;
  for (const share of retryShares) attempts.push(Math.floor(base * share));
  return [...new Set([...attempts, 0])];
}

export function isMemoryFailure(error: unknown): boolean {
  if (error instanceof AppError && error.code === "out_of_memory") return true;
  return memoryFailure.test(error instanceof Error ? error.message : String(error));
}

/** How a placement is shown, once the model's layers are known. */
export function describePlacement(
  { gpuLayers, failedAttempts }: Omit<Placed<unknown>, "loaded">,
  layers: number,
  reasonOf: (error: unknown) => string,
): ModelPlacement {
  const count = (wanted: number) => (wanted < 0 ? layers : Math.min(wanted, layers));
  return {
    device: gpuLayers === 0 ? "cpu" : gpuLayers < 0 || gpuLayers > layers ? "gpu" : "both",
    gpuLayers: count(gpuLayers),
    failedAttempts: failedAttempts.map((failed) => ({
      gpuLayers: count(failed.gpuLayers),
      reason: reasonOf(failed.error),
    })),
  };
}
