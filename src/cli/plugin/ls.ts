import type { PluginRecord } from "../../plugin-host/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { formatTable, oneLine, toJsonText } from "../table.ts";
import { formatAgo } from "../times.ts";
import { exitCodes } from "../usage-error.ts";
import { listGrants, stateOf } from "./describe.ts";
import { openPlugins } from "./open-plugins.ts";
import { toPluginListing } from "./plugin-listing.ts";

const heads = ["NAME", "KIND", "VERSION", "STATE", "SOURCE", "GRANTS"];

/** Lists the plugins that are here; what one failed of last stands below it. */
export async function ls(
  deps: CliDeps,
  { json, ...flags }: ConfigFlags & { readonly json: boolean },
): Promise<number> {
  await using opened = await openPlugins(deps, flags);
  const records = await opened.plugins.list();
  const text = json ? `${toJsonText(records.map(toPluginListing), 2)}\n` : formatList(records, Date.now());
  deps.io.stdout.write(text);
  return exitCodes.success;
}

function formatList(records: readonly PluginRecord[], nowMs: number): string {
  const [head = "", ...rows] = formatTable(heads, records.map(toRow)).trimEnd().split("\n");
  const lines = rows.flatMap((row, index) => {
    const lastError = records[index]?.lastError;
    if (!lastError) return [row];
    const { code, message, atMs } = lastError;
    return [row, `  ${formatAgo(atMs, nowMs)}: ${code}: ${oneLine(message)}`];
  });
  return `${[head, ...lines].join("\n")}\n`;
}

function toRow(record: PluginRecord): string[] {
  const { name, manifest, source, grants } = record;
  const granted = listGrants(grants).join(", ");
  return [name, manifest.kind, manifest.version, stateOf(record), oneLine(source), granted || "-"];
}
