import type { Knowledge } from "../../knowledge/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { withApp } from "../with-app.ts";

/** Opens what is known on this machine for one command. */
export async function withKnowledge(
  deps: CliDeps,
  flags: ConfigFlags,
  work: (knowledge: Knowledge, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  return await withApp(deps, flags, async (app, signal) => await work(await app.knowledge(), signal));
}
