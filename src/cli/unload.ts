import { type ConfigFlags, readConfig } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { createServerClient } from "./server-client.ts";
import { forEach } from "./stoppable.ts";
import { visible } from "./table.ts";

/** Answers that run end first, and long ones take minutes. */
const unloadTimeoutMs = 3_600_000;

/** Has a running server let go of models; answers that run end first. */
export async function unload(
  deps: CliDeps,
  { names, ...flags }: ConfigFlags & { readonly names: readonly string[] },
): Promise<number> {
  const client = createServerClient(await readConfig(deps, flags));
  return await forEach(deps.io, names, async (name) => {
    await client.request("POST", "/api/generate", {
      body: { model: name, keep_alive: 0, stream: false },
      timeoutMs: unloadTimeoutMs,
    });
    deps.io.stdout.write(`${visible(name)} is unloaded\n`);
  });
}
