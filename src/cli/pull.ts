import { countBytes } from "../models/index.ts";
import type { ConfigFlags } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { followWork } from "./follow-work.ts";
import { openModels } from "./open-models.ts";
import { forEach, untilStopped } from "./stoppable.ts";
import { formatBytes, visible } from "./table.ts";

export type PullOptions = ConfigFlags & { readonly references: readonly string[]; readonly json: boolean };

/** Fetches models one after another; what a stopped or failed pull fetched is kept. */
export async function pull(deps: CliDeps, { references, json, ...flags }: PullOptions): Promise<number> {
  const { io } = deps;
  await using opened = await openModels(deps, flags);
  return await untilStopped(io, (signal) =>
    forEach(io, references, async (reference) => {
      const record = await followWork(io, opened.library.pull(reference, { signal }), { json });
      if (!json) io.stdout.write(`${visible(record.name)}, ${formatBytes(countBytes(record))}\n`);
    }),
  );
}
