import type { ConfigFlags } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { forEach } from "../stoppable.ts";
import { visible } from "../table.ts";
import { changing, openPlugins } from "./open-plugins.ts";

/** Removes plugins with their files and what they stored. */
export async function rm(
  deps: CliDeps,
  { names, ...flags }: ConfigFlags & { readonly names: readonly string[] },
): Promise<number> {
  await using opened = await openPlugins(deps, flags);
  return await forEach(deps.io, names, async (name) => {
    await changing(opened, name, () => opened.plugins.remove(name));
    deps.io.stdout.write(`removed ${visible(name)}\n`);
  });
}
