import { AppError } from "../../base/index.ts";
import type { PluginRecord } from "../../plugin-host/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { forEach } from "../stoppable.ts";
import { visible } from "../table.ts";
import { stateOf } from "./describe.ts";
import { changing, openPlugins } from "./open-plugins.ts";

export type SetEnabledOptions = ConfigFlags & {
  readonly names: readonly string[];
  readonly isEnabled: boolean;
};

/** Switches plugins on or off; switching on ends a quarantine. */
export async function setEnabled(
  deps: CliDeps,
  { names, isEnabled, ...flags }: SetEnabledOptions,
): Promise<number> {
  await using opened = await openPlugins(deps, flags);
  return await forEach(deps.io, names, async (name) => {
    await changing(opened, name, async () => {
      if (isEnabled) requireAdded(await opened.plugins.get(name));
      return await opened.plugins.setEnabled(name, isEnabled);
    });
    deps.io.stdout.write(`${isEnabled ? "enabled" : "disabled"} ${visible(name)}\n`);
  });
}

/** Switched on without what it asks for, every call of it would fail. */
function requireAdded(record: PluginRecord): void {
  if (stateOf(record) !== "not added") return;
  const { name } = record;
  throw new AppError("conflict", `${name} was not added; hearth plugin add ${name} shows what it asks for`);
}
