import type { Environment } from "../../config/index.ts";
import { limitTable, type Manifest, type PluginRecord } from "../../plugin-host/index.ts";
import { formatBytes, formatTable, oneLine } from "../table.ts";
import { formatAgo } from "../times.ts";
import {
  describeConfigValue,
  describeSignature,
  formatFacts,
  formatPermissions,
  stateOf,
} from "./describe.ts";
import type { PluginInfo } from "./info.ts";

/** All that is known of a plugin, for people. */
export function formatInfo(
  info: PluginInfo,
  { nowMs, environment }: { readonly nowMs: number; readonly environment: Environment },
): string {
  const { manifest, record, source } = info;
  const facts = formatFacts([
    [
      "plugin",
      manifest ? `${manifest.name} ${manifest.version}, a ${manifest.kind}` : "a module without a manifest",
    ],
    ["says", manifest && oneLine(manifest.description)],
    ["state", record ? stateOf(record) : "a file that was not added"],
    ["problem", info.problem],
    ["last error", record && formatLastError(record, nowMs)],
    ["source", source],
    ["signature", source === "embedded" ? "part of the executable" : describeSignature(info.signature)],
    ["SHA-256", info.sha256],
    ["size", formatBytes(info.bytes)],
    ["contract", manifest && String(manifest.contract)],
    ["hooks", manifest?.kind === "policy" ? manifest.hooks.join(", ") : undefined],
    ["config", record && formatConfig(record, environment)],
  ]);
  const parts = manifest
    ? [formatPermissions(manifest, record?.grants ?? {}), formatOperations(manifest)]
    : [];
  const limits = record ? [formatLimits(record)] : [];
  return [facts, ...parts, ...limits].filter((part) => part !== "").join("\n");
}

function formatLastError({ lastError }: PluginRecord, nowMs: number): string | undefined {
  if (!lastError) return undefined;
  const { code, message, atMs } = lastError;
  return `${code}: ${oneLine(message)} (${formatAgo(atMs, nowMs)})`;
}

function formatConfig({ manifest, config }: PluginRecord, environment: Environment): string {
  const keys = manifest.permissions.config?.keys ?? [];
  const describe = (key: string) => describeConfigValue(config[key], environment) ?? "no value";
  return keys.map((key) => `${key}: ${describe(key)}`).join("\n");
}

function formatOperations(manifest: Manifest): string {
  if (manifest.kind !== "connector") return "";
  const rows = Object.entries(manifest.operations).map(([name, { writes, description }]) => [
    name,
    writes ? "yes" : "no",
    oneLine(description),
  ]);
  return formatTable(["OPERATION", "CHANGES", "DOES"], rows);
}

/** Those that were changed say what they would be otherwise. */
function formatLimits({ limits }: PluginRecord): string {
  const changed = new Map<string, number>(Object.entries(limits));
  const rows = Object.entries(limitTable).map(([name, row]) => {
    const value = changed.get(name);
    const note = value === undefined ? "" : `, changed from ${row.default}`;
    return [name, String(value ?? row.default), `${row.meaning}${note}`];
  });
  return formatTable(["LIMIT", "VALUE", "OF"], rows);
}
