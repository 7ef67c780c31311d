import { existsSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../base/index.ts";
import { type CompiledPlugin, compilePlugin, PluginFailure } from "../../plugin-host/index.ts";
import { type ConfigFlags, readConfig } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import type { CliIo } from "../io.ts";
import { untilStopped } from "../stoppable.ts";
import { visible } from "../table.ts";
import { exitCodes } from "../usage-error.ts";

const bytesPerKib = 1024;

export type BuildOptions = ConfigFlags & { readonly folder: string };

/** Compiles a plugin's folder to one file. */
export async function build(deps: CliDeps, { folder, ...flags }: BuildOptions): Promise<number> {
  const { home } = await readConfig(deps, flags);
  return await untilStopped(deps.io, async (signal) => {
    const built = await compile(deps.io, { folder, home, signal });
    if (!built) return exitCodes.failure;
    deps.io.stdout.write(`${visible(built.path)}, ${(built.bytes / bytesPerKib).toFixed(1)} KiB\n`);
    return exitCodes.success;
  });
}

/** Undefined where it does not compile; what the compiler says is on stderr, as it says it. */
export async function compile(
  io: CliIo,
  options: { readonly folder: string; readonly home: string; readonly signal: AbortSignal },
): Promise<CompiledPlugin | undefined> {
  requirePluginFolder(options.folder);
  try {
    const built = await compilePlugin(options);
    for (const warning of built.warnings) io.stderr.write(`${visible(warning)}\n`);
    return built;
  } catch (error) {
    if (!(error instanceof PluginFailure)) throw error;
    io.stderr.write(`${visible(error.message)}\n`);
    return undefined;
  }
}

/** Throws AppError not_found. */
export function requirePluginFolder(folder: string): void {
  if (existsSync(join(folder, "plugin.json"))) return;
  throw new AppError("not_found", `there is no plugin.json in ${folder}; hearth plugin new writes one`);
}
