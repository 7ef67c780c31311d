import type { PluginRecord } from "../../plugin-host/index.ts";
import { listGrants, stateOf } from "./describe.ts";

/** A plugin as `--json` tells of it. */
export function toPluginListing(record: PluginRecord) {
  const { name, manifest, source, sha256, grants, publicKey, lastError, addedAtMs } = record;
  return {
    name,
    ...{ kind: manifest.kind, version: manifest.version, description: manifest.description },
    ...{ state: stateOf(record), source, sha256, grants: listGrants(grants) },
    ...(publicKey !== undefined && { publicKey }),
    ...(addedAtMs > 0 && { addedAt: toDate(addedAtMs) }),
    ...(record.quarantinedAtMs !== undefined && { quarantinedAt: toDate(record.quarantinedAtMs) }),
    ...(lastError && {
      lastError: { code: lastError.code, message: lastError.message, at: toDate(lastError.atMs) },
    }),
  };
}

function toDate(ms: number): string {
  return new Date(ms).toISOString();
}
