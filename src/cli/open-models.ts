import { AppError, toAppError } from "../base/index.ts";
import type { Config } from "../config/index.ts";
import type { ModelLibrary } from "../models/index.ts";
import { type ConfigFlags, readConfig } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";

/** A model of the configuration that cannot be used, and why. */
export type BrokenModel = { readonly name: string; readonly error: string };

export type OpenModels = AsyncDisposable & {
  /** Without the models that are broken. */
  readonly config: Config;
  readonly library: ModelLibrary;
  readonly broken: readonly BrokenModel[];
};

/** Opens the library for a command that does not run models: a broken file of the configuration must not hinder it. */
export async function openModels(deps: CliDeps, flags: ConfigFlags): Promise<OpenModels> {
  const config = await readConfig(deps, flags);
  try {
    return toOpenModels(config, await deps.openLibrary(config), []);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const broken = await findBroken(deps, config);
    if (broken.length === 0) throw error;
    const names = new Set(broken.map(({ name }) => name));
    const usable = { ...config, models: config.models.filter((name) => !names.has(name)) };
    return toOpenModels(usable, await deps.openLibrary(usable), broken);
  }
}

function toOpenModels(config: Config, library: ModelLibrary, broken: readonly BrokenModel[]): OpenModels {
  return { config, library, broken, [Symbol.asyncDispose]: () => library.close() };
}

async function findBroken(deps: CliDeps, config: Config): Promise<readonly BrokenModel[]> {
  const broken: BrokenModel[] = [];
  for (const name of config.models) {
    try {
      await (await deps.openLibrary({ ...config, models: [name] })).close();
    } catch (error) {
      broken.push({ name, error: toAppError(error).message });
    }
  }
  return broken;
}
