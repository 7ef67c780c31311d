import { relative, resolve } from "node:path";
import { AppError } from "../../base/index.ts";
import { createPluginFolder, type PluginKind } from "../../plugin-host/index.ts";
import type { CliDeps } from "../deps.ts";
import { visible } from "../table.ts";
import { asUsage, exitCodes } from "../usage-error.ts";
import { about } from "./open-plugins.ts";

export type NewOptions = {
  readonly kind: PluginKind;
  readonly name: string;
  /** Absent: a folder of the plugin's name, here. */
  readonly folder?: string;
};

/** Writes the folder of a new plugin, which compiles and passes its test as it is. */
export async function createNew({ io }: CliDeps, { kind, name, folder = name }: NewOptions): Promise<number> {
  const files = await asUsage(about(name, () => write({ kind, name, folder })));
  const shown = visible(relative("", resolve(folder)) || ".");
  const place = /^[\w./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
  io.stdout.write(
    [
      `${kind} ${name} in ${shown}:`,
      ...files.map((file) => `  ${file}`),
      "",
      "Next:",
      `  hearth plugin build ${place}`,
      `  hearth plugin test ${place}`,
      `  hearth plugin add ${place}/build/${name}.wasm`,
      "",
    ].join("\n"),
  );
  return exitCodes.success;
}

async function write(plugin: Required<NewOptions>): Promise<readonly string[]> {
  try {
    return await createPluginFolder(plugin);
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    const message = `${plugin.folder} cannot be written: ${cause.message}; give another folder with --dir`;
    throw new AppError("forbidden", message, { cause });
  }
}
