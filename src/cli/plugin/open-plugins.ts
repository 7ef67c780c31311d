import { AppError } from "../../base/index.ts";
import type { Config } from "../../config/index.ts";
import { PluginFailure, type Plugins, toPluginError } from "../../plugin-host/index.ts";
import { type ConfigFlags, readConfig } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";

export type OpenPlugins = AsyncDisposable & { readonly config: Config; readonly plugins: Plugins };

/** The plugins of the home folder; no process of them is left at the end of the scope. */
export async function openPlugins(deps: CliDeps, flags: ConfigFlags): Promise<OpenPlugins> {
  return await openPluginsOf(deps, await readConfig(deps, flags));
}

export async function openPluginsOf(deps: CliDeps, config: Config): Promise<OpenPlugins> {
  const plugins = await deps.openPlugins(config);
  return { config, plugins, [Symbol.asyncDispose]: () => plugins.close() };
}

/** Does work on a plugin or a file; what fails of it is told with its name in front. */
export async function about<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof PluginFailure ? toPluginError(name, error.toRecord()) : error;
  }
}

/** The same for work that changes what the home folder holds: one that cannot be written is told with what to do. */
export async function changing<T>(
  { config: { home } }: OpenPlugins,
  name: string,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await about(name, work);
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    const message = `${home} cannot be written: ${cause.message}; set HEARTH_HOME to a folder that can be`;
    throw new AppError("forbidden", message, { cause });
  }
}
