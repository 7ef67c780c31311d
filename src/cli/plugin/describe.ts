import type { Environment } from "../../config/index.ts";
import {
  type AskedPermission,
  type ConfigValue,
  describePermissions,
  type Grants,
  grantNames,
  type Manifest,
  type PluginFile,
  type PluginRecord,
} from "../../plugin-host/index.ts";
import { formatTable, oneLine, visible } from "../table.ts";
import type { GrantName } from "./decisions.ts";

export type PluginState = "enabled" | "disabled" | "quarantined" | "not added";

export function stateOf(record: PluginRecord): PluginState {
  if (record.quarantinedAtMs !== undefined) return "quarantined";
  if (record.isEnabled) return "enabled";
  return record.isEmbedded && record.addedAtMs === 0 ? "not added" : "disabled";
}

export function listGrants(grants: Grants): readonly GrantName[] {
  return grantNames.filter((name) => grants[name] !== undefined);
}

export function describeSignature(signature: PluginFile["signature"]): string {
  switch (signature.state) {
    case "unsigned":
      return "unsigned";
    case "trusted":
      return `of the trusted key ${signature.publicKey}`;
    case "untrusted":
      return `of ${signature.publicKey}, which is not trusted`;
    default:
      return signature satisfies never;
  }
}

/** Whether each permission is granted, with what was said of it before where that is known. */
export function formatPermissions(manifest: Manifest, grants: Grants, before?: Manifest): string {
  const asked = describePermissions(manifest, grants);
  if (asked.length === 0) return "It asks for no permissions.\n";
  const known = before && new Map(describePermissions(before, {}).map(({ name, scope }) => [name, scope]));
  const rows = asked.map((permission) => {
    const { name, scope, reason } = permission;
    const change =
      !known || known.get(name) === scope ? "" : known.has(name) ? ", for something else" : ", new";
    return [name, `${describeGrant(grants, permission)}${change}`, oneLine(scope) || "-", oneLine(reason)];
  });
  const besides =
    grants.privateNetwork === true
      ? [["privateNetwork", "yes", "hosts of http", "private, loopback and link-local addresses"]]
      : [];
  return formatTable(["PERMISSION", "GRANTED", "FOR", "REASON"], [...rows, ...besides]);
}

/** A scope that a new version asks more of was granted in part alone. */
function describeGrant(grants: Grants, { name, granted: share }: AskedPermission): string {
  if (share !== "part") return share === "all" ? "yes" : "no";
  const { http, config, kv, sql } = grants;
  const scopes = {
    http: [...(http?.hosts ?? []), ...(http?.hostsFrom ?? [])],
    config: config?.keys ?? [],
    kv: kv?.bytes === undefined ? [] : [`${kv.bytes} bytes`],
    sql: sql?.connections ?? [],
  };
  const [, granted = []] = Object.entries(scopes).find(([scope]) => scope === name) ?? [];
  return `in part: ${granted.map(oneLine).join(", ") || "nothing of it"}`;
}

/** Where a value comes from; the value itself is not shown. Undefined where there is none. */
export function describeConfigValue(
  entry: ConfigValue | undefined,
  environment: Environment,
): string | undefined {
  if (!entry) return undefined;
  if ("value" in entry) return "set";
  const isSet = environment[entry.environment] !== undefined;
  return `from the variable ${entry.environment}${isSet ? "" : ", which is not set here"}`;
}

/** `label  value` lines; those without a value are left out, and further lines of a value stand below its first. */
export function formatFacts(facts: readonly (readonly [label: string, value: string | undefined])[]): string {
  const width = Math.max(...facts.map(([label]) => label.length)) + 2;
  return facts
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([label, value = ""]) => {
      const text = visible(value).replaceAll("\n", `\n${" ".repeat(width)}`);
      return `${label.padEnd(width)}${text}\n`;
    })
    .join("");
}
