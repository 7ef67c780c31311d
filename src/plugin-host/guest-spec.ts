import { createHash } from "node:crypto";
import type { Grants } from "./grants.ts";
import { resolveLimits } from "./limits.ts";
import type { PluginOptions } from "./plugin-options.ts";
import type { GuestSpec } from "./protocol.ts";
import type { PluginRecord } from "./store/plugin-record.ts";

const made = new WeakMap<object, GuestSpec>();

/** What a host needs to run a plugin; the key changes with everything that matters to it. */
export function toSpec(
  record: Omit<PluginRecord, "manifest">,
  readVariable: PluginOptions["readVariable"],
): GuestSpec {
  const known = made.get(record);
  if (known) return known;
  const { name, path, sha256, limits, grants, config } = record;
  const values: Record<string, string> = {};
  for (const [key, entry] of Object.entries(config)) {
    const value = "value" in entry ? entry.value : readVariable(entry.environment);
    if (grants.config?.keys.includes(key) && value !== undefined) values[key] = value;
  }
  const resolved = { ...grants, ...(grants.http && { http: { hosts: namedHosts(grants.http, values) } }) };
  const content = { name, path, sha256, limits: resolveLimits(limits), grants: resolved, config: values };
  const key = createHash("sha256").update(JSON.stringify(content)).digest("base64url");
  const spec = { ...content, key };
  made.set(record, spec);
  return spec;
}

/** The granted hosts, and those of the addresses that an administrator has set. */
function namedHosts(
  { hosts, hostsFrom = [] }: NonNullable<Grants["http"]>,
  config: Readonly<Record<string, string>>,
): readonly string[] {
  const addresses = hostsFrom.map((key) => config[key] ?? "").filter((value) => URL.canParse(value));
  return [...hosts, ...addresses.map((address) => new URL(address).host)];
}
