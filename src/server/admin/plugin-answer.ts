import {
  type AskedPermission,
  describePermissions,
  grantAsked,
  type PluginRecord,
} from "../../plugin-host/index.ts";

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
    permissions: describePermissions(manifest, record.grants).map((asked) => toPermission(record, asked)),
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
function toPermission({ manifest, grants }: PluginRecord, asked: AskedPermission) {
  const { name, scope, reason, isGranted } = asked;
  const whole = grantAsked(manifest, new Set([name]));
  const isInPart = isGranted && !Bun.deepEquals(whole[name], grants[name]);
  return { name, scope, reason, granted: isGranted && !isInPart, ...(isInPart && { granted_in_part: true }) };
}

export function stateOf({ isEnabled, quarantinedAtMs }: PluginRecord): PluginState {
  if (!isEnabled) return "disabled";
  return quarantinedAtMs === undefined ? "enabled" : "quarantined";
}
