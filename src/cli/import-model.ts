import { countBytes } from "../models/index.ts";
import type { ConfigFlags } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { followWork } from "./follow-work.ts";
import { openModels } from "./open-models.ts";
import { untilStopped } from "./stoppable.ts";
import { formatBytes, visible } from "./table.ts";
import { exitCodes } from "./usage-error.ts";

export type ImportOptions = ConfigFlags & {
  readonly path: string;
  readonly name: string | undefined;
  readonly inPlace: boolean;
  readonly json: boolean;
};

/** Takes a model file of this machine into the store, or remembers where it is. */
export async function importModel(
  deps: CliDeps,
  { path, name, inPlace, json, ...flags }: ImportOptions,
): Promise<number> {
  const { io } = deps;
  await using opened = await openModels(deps, flags);
  return await untilStopped(io, async (signal) => {
    const work = opened.library.import(path, { inPlace, signal, ...(name !== undefined && { name }) });
    const record = await followWork(io, work, { json });
    if (!json) io.stdout.write(`${visible(record.name)}, ${formatBytes(countBytes(record))}\n`);
    return exitCodes.success;
  });
}
