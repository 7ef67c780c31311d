import type { ConfigFlags } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { openModels } from "./open-models.ts";
import { forEach } from "./stoppable.ts";
import { formatBytes, visible } from "./table.ts";

/** Removes names; the files that no other name needs go with them. */
export async function rm(
  deps: CliDeps,
  { names, ...flags }: ConfigFlags & { readonly names: readonly string[] },
): Promise<number> {
  await using opened = await openModels(deps, flags);
  return await forEach(deps.io, names, async (name) => {
    const { freedBytes } = await opened.library.remove(name);
    deps.io.stdout.write(`removed ${visible(name)}, ${formatBytes(freedBytes)} freed\n`);
  });
}
