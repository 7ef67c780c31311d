import { type AskedPermission, describePermissions, type PluginRecord } from "../../plugin-host/index.ts";

export type PluginState = "enabled" | "disabled" | "quarantined";

/** A plugin as clients see it. Values of its config are never told, only which keys have one. */
export function toPluginAnswer(record: PluginRecord) {
  const { manifest } = record;
  return {
    name: record.name,
    kind: manifest.kind,
    version: manifest.version,
    description: manifest.description,
    state: stateOf(record),
    embedded: record.isEmbedded,
    source: record.source,
    sha256: record.sha256,
    signed_by: record.publicKey ?? null,
    added_at: record.addedAtMs === 0 ? null : new Date(record.addedAtMs).toISOString(),
    permissions: describePermissions(manifest, record.grants).map((asked) => toPermission(asked)),
    grants: record.grants,
    config_keys: Object.keys(record.config),
    limits: record.limits,
    ...(manifest.kind === "policy" && { hooks: manifest.hooks }),
    ...(manifest.kind === "connector" && { operations: manifest.operations }),
    last_error: record.lastError
      ? {
          code: record.lastError.code,
          message: record.lastError.message,
          at: new Date(record.lastError.atMs).toISOString(),
        }
      : null,
  };
}

/** The scope is what is asked for; `grants` of the answer says what of it was granted. */
function toPermission(asked: AskedPermission) {
  const { name, scope, reason, granted } = asked;
  const inPart = granted === "part" ? { granted_in_part: true } : {};
  return { name, scope, reason, granted: granted === "all", ...inPart };
}

export function stateOf({ isEnabled, quarantinedAtMs }: PluginRecord): PluginState {
  if (!isEnabled) return "disabled";
  return quarantinedAtMs === undefined ? "enabled" : "quarantined";
}
