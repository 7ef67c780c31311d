import type { ConfigFlags } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { openModels } from "./open-models.ts";
import { visible } from "./table.ts";
import { exitCodes } from "./usage-error.ts";

/** Gives a model a second name; no file is copied. */
export async function cp(
  deps: CliDeps,
  { from, to, ...flags }: ConfigFlags & { readonly from: string; readonly to: string },
): Promise<number> {
  await using opened = await openModels(deps, flags);
  await opened.library.copy(from, to);
  deps.io.stdout.write(`${visible(to)} is now a name of ${visible(from)}\n`);
  return exitCodes.success;
}
