import { type ConfigFlags, readConfig } from "./config-flags.ts";
import type { CliApp, CliDeps } from "./deps.ts";
import { untilStopped } from "./stoppable.ts";

/**
 * Opens what is on this machine for one command, until its work ends or a signal stops it. Models are loaded once they
 * are asked for.
 */
export async function withApp(
  deps: CliDeps,
  { flags, file }: ConfigFlags,
  work: (app: CliApp, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const config = await readConfig(deps, {
    flags: { logLevel: "error", preload: "off", ...flags },
    ...(file !== undefined && { file }),
  });
  const app = await deps.createApp(config);
  try {
    return await untilStopped(deps.io, (signal) => work(app, signal));
  } finally {
    await app.stop(AbortSignal.abort());
  }
}
