import type { Demand } from "./demand.ts";
import type { LoadFailure } from "./slot.ts";

export type Preload = { readonly id: string; readonly demand: Demand };

export type PreloadResult = {
  readonly loaded: readonly string[];
  readonly failed: readonly (LoadFailure & { readonly id: string })[];
  /** Not tried: there was no room, or enough was loaded. */
  readonly left: readonly string[];
};

export type PreloadSteps = {
  isThere(id: string): boolean;
  canLoad(id: string, demand: Demand): boolean;
  load(id: string, demand: Demand): Promise<LoadFailure | undefined>;
};

/** Loads in order and one at a time, until `maxModels` are there, one does not fit, or the signal aborts. */
export async function preloadInOrder(
  wanted: readonly Preload[],
  options: { readonly maxModels: number; readonly signal: AbortSignal },
  steps: PreloadSteps,
): Promise<PreloadResult> {
  const loaded: string[] = [];
  const failed: (LoadFailure & { readonly id: string })[] = [];
  for (const [index, { id, demand }] of wanted.entries()) {
    if (steps.isThere(id)) continue;
    if (options.signal.aborted || loaded.length >= options.maxModels || !steps.canLoad(id, demand)) {
      const left = wanted.slice(index).filter((other) => !steps.isThere(other.id));
      return { loaded, failed, left: left.map((other) => other.id) };
    }
    const failure = await steps.load(id, demand);
    if (failure) failed.push({ id, ...failure });
    else loaded.push(id);
  }
  return { loaded, failed, left: [] };
}
