import type { Selectable } from "kysely";
import { z } from "zod";
import type { PluginTable, Queries } from "../../store/index.ts";
import { manifestSchema } from "../contracts/manifest.ts";
import { failureTable } from "../failure.ts";
import { checkLimits } from "../limits.ts";
import type { ConfigValue, LastError, PluginRecord, PluginState } from "./plugin-record.ts";

/** What is stored of a plugin; where its file is follows from its hash. */
export type StoredPlugin = Omit<PluginRecord, "path" | "isEmbedded">;

const grantsSchema = z.object({
  http: z
    .object({ hosts: z.array(z.string()), hostsFrom: z.array(z.string()).exactOptional() })
    .exactOptional(),
  config: z.object({ keys: z.array(z.string()) }).exactOptional(),
  kv: z.object({ bytes: z.number().exactOptional() }).exactOptional(),
  embed: z.literal(true).exactOptional(),
  generate: z.literal(true).exactOptional(),
  sql: z.object({ connections: z.array(z.string()) }).exactOptional(),
  write: z.literal(true).exactOptional(),
  privateNetwork: z.literal(true).exactOptional(),
});
const configSchema: z.ZodType<Readonly<Record<string, ConfigValue>>> = z.record(
  z.string(),
  z.union([z.strictObject({ value: z.string() }), z.strictObject({ environment: z.string() })]),
);
const limitsSchema = z.record(z.string(), z.number()).transform(checkLimits);
const lastErrorSchema: z.ZodType<LastError> = z.object({
  code: z.enum(Object.keys(failureTable) as [LastError["code"]]),
  message: z.string(),
  atMs: z.number(),
});

/** Puts a plugin in the place of the one of its name. */
export async function savePlugin(queries: Queries, plugin: StoredPlugin): Promise<void> {
  await queries.replaceInto("plugin").values(toRow(plugin)).execute();
}

export async function listPlugins(queries: Queries): Promise<readonly StoredPlugin[]> {
  const rows = await queries.selectFrom("plugin").selectAll().orderBy("name").execute();
  return rows.map(fromRow);
}

export async function deletePlugin(queries: Queries, name: string): Promise<void> {
  await queries.deleteFrom("plugin").where("name", "=", name).execute();
}

/** Remembers what a plugin failed of, and since when it may not run. Nothing happens where it was removed meanwhile. */
export async function savePluginState(queries: Queries, name: string, state: PluginState): Promise<void> {
  await queries
    .updateTable("plugin")
    .set({
      last_error: JSON.stringify(state.lastError ?? null),
      last_strike_at_ms: state.lastStrikeAtMs ?? null,
      quarantined_at_ms: state.quarantinedAtMs ?? null,
    })
    .where("name", "=", name)
    .execute();
}

function toRow(plugin: StoredPlugin): PluginTable {
  return {
    name: plugin.name,
    sha256: plugin.sha256,
    source: plugin.source,
    manifest: JSON.stringify(plugin.manifest),
    grants: JSON.stringify(plugin.grants),
    config: JSON.stringify(plugin.config),
    limits: JSON.stringify(plugin.limits),
    public_key: plugin.publicKey ?? null,
    enabled: plugin.isEnabled ? 1 : 0,
    added_at_ms: plugin.addedAtMs,
    last_strike_at_ms: plugin.lastStrikeAtMs ?? null,
    quarantined_at_ms: plugin.quarantinedAtMs ?? null,
    last_error: plugin.lastError ? JSON.stringify(plugin.lastError) : null,
  };
}

function fromRow(row: Selectable<PluginTable>): StoredPlugin {
  const lastError = lastErrorSchema.nullable().parse(JSON.parse(row.last_error ?? "null"));
  return {
    name: row.name,
    sha256: row.sha256,
    source: row.source,
    manifest: manifestSchema.parse(JSON.parse(row.manifest)),
    grants: grantsSchema.parse(JSON.parse(row.grants)),
    config: configSchema.parse(JSON.parse(row.config)),
    limits: limitsSchema.parse(JSON.parse(row.limits)),
    isEnabled: row.enabled === 1,
    addedAtMs: row.added_at_ms,
    ...(row.public_key !== null && { publicKey: row.public_key }),
    ...(row.last_strike_at_ms !== null && { lastStrikeAtMs: row.last_strike_at_ms }),
    ...(row.quarantined_at_ms !== null && { quarantinedAtMs: row.quarantined_at_ms }),
    ...(lastError && { lastError }),
  };
}
