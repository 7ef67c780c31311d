import { createHash } from "node:crypto";
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
  const content = { name, path, sha256, limits: resolveLimits(limits), grants, config: values };
  const key = createHash("sha256").update(JSON.stringify(content)).digest("base64url");
  const spec = { ...content, key };
  made.set(record, spec);
  return spec;
}
