import type { Manifest } from "./contracts/manifest.ts";
import type { Grants } from "./grants.ts";

/** One thing that a plugin asks for, as an administrator reads it. */
export type AskedPermission = {
  readonly name: keyof Grants;
  /** Hosts, keys, bytes, connections or operations; empty where there is nothing to name. */
  readonly scope: string;
  readonly reason: string;
  /** `part`: of a scope that a new version has made larger. */
  readonly granted: "all" | "part" | "no";
};

/** All that a manifest asks for, and whether it has it. */
export function describePermissions(manifest: Manifest, grants: Grants): readonly AskedPermission[] {
  const { http, config, kv, embed, generate, sql } = manifest.permissions;
  const writes = writingOperations(manifest);
  const asked: (Omit<AskedPermission, "granted"> | undefined)[] = [
    http && { name: "http", scope: describeHosts(http), reason: http.reason },
    config && { name: "config", scope: config.keys.join(", "), reason: config.reason },
    kv && { name: "kv", scope: kv.bytes === undefined ? "" : `${kv.bytes} bytes`, reason: kv.reason },
    embed && { name: "embed", scope: "", reason: embed.reason },
    generate && { name: "generate", scope: "", reason: generate.reason },
    sql && { name: "sql", scope: sql.connections.join(", "), reason: sql.reason },
    writes.length > 0
      ? { name: "write", scope: writes.join(", "), reason: "operations that change something" }
      : undefined,
  ];
  return asked
    .filter((permission) => permission !== undefined)
    .map((permission) => ({ ...permission, granted: compare(manifest, grants, permission.name) }));
}

function compare(manifest: Manifest, grants: Grants, name: keyof Grants): AskedPermission["granted"] {
  if (grants[name] === undefined) return "no";
  return Bun.deepEquals(grantAsked(manifest, new Set([name]))[name], grants[name]) ? "all" : "part";
}

/** Grants of the named permissions in the whole scope that the manifest asks for. Names it does not ask for are left out. */
export function grantAsked(manifest: Manifest, names: ReadonlySet<keyof Grants>): Grants {
  const { http, config, kv, embed, generate, sql } = manifest.permissions;
  return {
    ...(http &&
      names.has("http") && {
        http: { hosts: http.hosts, ...(http.hostsFrom && { hostsFrom: http.hostsFrom }) },
      }),
    ...(config && names.has("config") && { config: { keys: config.keys } }),
    ...(kv && names.has("kv") && { kv: kv.bytes === undefined ? {} : { bytes: kv.bytes } }),
    ...(embed && names.has("embed") && { embed: true }),
    ...(generate && names.has("generate") && { generate: true }),
    ...(sql && names.has("sql") && { sql: { connections: sql.connections } }),
    ...(writingOperations(manifest).length > 0 && names.has("write") && { write: true }),
    ...(http && names.has("privateNetwork") && { privateNetwork: true }),
  };
}

/** What a plugin that is now another may keep of what was granted: no more than it still asks for. */
export function narrowGrants(grants: Grants, manifest: Manifest): Grants {
  const most = grantAsked(manifest, new Set(grantNames));
  return {
    ...(grants.http && most.http && { http: narrowHosts(grants.http, most.http) }),
    ...(grants.config && most.config && { config: { keys: kept(grants.config.keys, most.config.keys) } }),
    ...(grants.kv && most.kv && { kv: narrowBytes(grants.kv, most.kv) }),
    ...(grants.embed && most.embed && { embed: true }),
    ...(grants.generate && most.generate && { generate: true }),
    ...(grants.sql &&
      most.sql && { sql: { connections: kept(grants.sql.connections, most.sql.connections) } }),
    ...(grants.write && most.write && { write: true }),
    ...(grants.privateNetwork && most.http && { privateNetwork: true }),
  };
}

type HttpGrant = NonNullable<Grants["http"]>;

function narrowHosts(granted: HttpGrant, asked: HttpGrant): HttpGrant {
  const hosts = kept(granted.hosts, asked.hosts);
  const hostsFrom = kept(granted.hostsFrom ?? [], asked.hostsFrom ?? []);
  return { hosts, ...(hostsFrom.length > 0 && { hostsFrom }) };
}

function narrowBytes({ bytes }: { bytes?: number }, { bytes: most = bytes }: { bytes?: number }) {
  return bytes === undefined || most === undefined
    ? { ...(most !== undefined && { bytes: most }) }
    : { bytes: Math.min(bytes, most) };
}

function kept<T>(granted: readonly T[], asked: readonly T[]): readonly T[] {
  return granted.filter((item) => asked.includes(item));
}

function describeHosts({ hosts, hostsFrom = [] }: NonNullable<Manifest["permissions"]["http"]>): string {
  const listed = hosts.join(", ");
  return hostsFrom.length === 0 ? listed : `${listed}, and what ${hostsFrom.join(", ")} of its config names`;
}

export const grantNames = [
  ...(["http", "config", "kv", "embed", "generate", "sql"] as const),
  ...(["write", "privateNetwork"] as const),
] satisfies readonly (keyof Grants)[];

export function isGrantName(name: string): name is keyof Grants {
  return grantNames.some((each) => each === name);
}

/** Operations of a connector that change something. */
export function writingOperations(manifest: Manifest): readonly string[] {
  if (manifest.kind !== "connector") return [];
  return Object.entries(manifest.operations)
    .filter(([, { writes }]) => writes)
    .map(([name]) => name);
}
