import type { ConfigFlags } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { openModels } from "./open-models.ts";
import { formatBytes, toJsonText } from "./table.ts";
import { exitCodes } from "./usage-error.ts";

/** Frees what nothing refers to. */
export async function gc(
  deps: CliDeps,
  { all, json, ...flags }: ConfigFlags & { readonly all: boolean; readonly json: boolean },
): Promise<number> {
  await using opened = await openModels(deps, flags);
  const result = await opened.library.collectGarbage({ all });
  const { freedBytes, removedBlobs } = result;
  deps.io.stdout.write(
    json
      ? `${toJsonText(result)}\n`
      : `freed ${formatBytes(freedBytes)}, ${removedBlobs} ${removedBlobs === 1 ? "file" : "files"}\n`,
  );
  return exitCodes.success;
}
