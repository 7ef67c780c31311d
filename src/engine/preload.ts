import { toAppError } from "../base/index.ts";
import {
  countBytes,
  type ModelLibrary,
  orderPreloads,
  type PreloadResult,
  type PreloadStrategy,
} from "../models/index.ts";
import type { Engine } from "./engine.ts";
import type { EngineModel, EngineModels } from "./engine-models.ts";
import type { EngineResidency, PreloadOptions } from "./engine-residency.ts";

/** A name that is no model, or whose file cannot be read, fails for itself alone. */
export async function preloadByName(
  names: readonly string[],
  models: EngineModels,
  residency: EngineResidency,
  options: PreloadOptions,
): Promise<PreloadResult> {
  const found: EngineModel[] = [];
  const missing: { id: string; error: unknown }[] = [];
  for (const name of names) {
    try {
      const model = await models.get(name);
      residency.estimate(model.record);
      found.push(model);
    } catch (error) {
      missing.push({ id: name, error });
    }
  }
  const result = await residency.preload(found, options);
  return { ...result, failed: [...missing, ...result.failed] };
}

export type StartOptions = {
  readonly strategy: PreloadStrategy;
  /** Absent: as many as there are. */
  readonly maxModels?: number;
  readonly signal: AbortSignal;
  readonly logger: {
    info(event: string, fields: Readonly<Record<string, unknown>>): void;
    error(event: string, fields: Readonly<Record<string, unknown>>): void;
  };
};

/** Loads the models of a start as far as they fit; rejects with the first reason where none could be loaded. */
export async function preloadAtStart(
  engine: Engine,
  library: Pick<ModelLibrary, "configured" | "list">,
  { strategy, maxModels, signal, logger }: StartOptions,
): Promise<void> {
  const names = await choosePreloads(library, strategy);
  const most = maxModels ?? names.length;
  const { loaded, failed, left } = await engine.preload(names, { maxModels: most, signal });
  for (const model of left) logger.info("model_left_for_later", { model });
  for (const { id, error } of failed) {
    const { code, message } = toAppError(error);
    if (code !== "shutting_down") logger.error("model_load_failed", { model: id, error: message });
  }
  if (failed.length > 0 && failed.length === names.length) throw failed[0]?.error;
  // Where not even one fits alone, its refusal says with both numbers why there is nothing to serve.
  const [first] = left;
  if (loaded.length === 0 && first !== undefined && most > 0 && !signal.aborted)
    await engine.load(first, {}, signal);
}

/** Those that are configured; where the past decides, those that were used before too. */
async function choosePreloads(
  library: Pick<ModelLibrary, "configured" | "list">,
  strategy: PreloadStrategy,
): Promise<readonly string[]> {
  const { configured } = library;
  if (strategy === "sequential") return configured;
  const candidates = (await library.list())
    .filter(({ name, uses }) => configured.includes(name) || (uses > 0 && strategy !== "size"))
    .map((record) => ({ ...record, bytes: countBytes(record) }));
  return orderPreloads(candidates, strategy, Date.now()).map(({ name }) => name);
}
