import type { Knowledge } from "../../knowledge/index.ts";
import { type ConfigFlags, readConfig } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { untilStopped } from "../stoppable.ts";

/** Opens what is known on this machine for one command, until its work ends or a signal stops it. */
export async function withKnowledge(
  deps: CliDeps,
  { flags, file }: ConfigFlags,
  work: (knowledge: Knowledge, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const source = {
    flags: { logLevel: "error", preload: "off", ...flags },
    ...(file !== undefined && { file }),
  };
  const app = await deps.createApp(await readConfig(deps, source));
  try {
    const knowledge = await app.knowledge();
    return await untilStopped(deps.io, (signal) => work(knowledge, signal));
  } finally {
    await app.stop(AbortSignal.abort());
  }
}
