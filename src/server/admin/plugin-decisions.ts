import { AppError } from "../../base/index.ts";
import {
  type ConfigValue,
  type Decisions,
  describePermissions,
  type Grants,
  grantAsked,
  isGrantName,
  type Manifest,
  type PluginRecord,
} from "../../plugin-host/index.ts";

type DecisionBody = {
  readonly grants?: readonly string[] | undefined;
  readonly config?: Readonly<Record<string, string | { readonly environment: string } | null>> | undefined;
  readonly limits?: Readonly<Record<string, number | null>> | undefined;
};

/**
 * What a client decides of a plugin: `grants` are all it has from now on, values and limits are added to those it has.
 * A plugin can hand on what a variable of the server holds, so not everybody who may call may name one. Throws AppError
 * for that, and for a permission that the plugin does not ask for.
 */
export function toDecisions(
  before: PluginRecord,
  { grants, config, limits }: DecisionBody,
  { mayNameVariables }: { readonly mayNameVariables: boolean },
): Decisions {
  const { manifest } = before;
  if (config && !mayNameVariables) refuseVariables(config);
  return {
    ...(grants && { grants: readGrants(manifest, grants) }),
    ...(config && { config: mergeConfig(before, config) }),
    ...(limits && { limits: withoutNulls({ ...before.limits, ...limits }) }),
  };
}

function readGrants(manifest: Manifest, names: readonly string[]): Grants {
  const grants = grantAsked(manifest, new Set(names.filter(isGrantName)));
  const unknown = names.find((name) => !(isGrantName(name) && name in grants));
  if (unknown === undefined) return grants;
  const asked = describePermissions(manifest, {}).map(({ name }) => name);
  const known = asked.length === 0 ? "it asks for nothing" : `it asks for ${asked.join(", ")}`;
  throw new AppError("invalid_request", `grants: ${manifest.name} does not ask for ${unknown}; ${known}`, {
    details: { param: "grants" },
  });
}

function refuseVariables(config: NonNullable<DecisionBody["config"]>): void {
  const key = Object.keys(config).find((each) => typeof config[each] === "object" && config[each] !== null);
  if (key === undefined) return;
  const message = `config.${key}: variables of the server can be named with an admin key alone; give the value itself, or start the server with --admin-key`;
  throw new AppError("forbidden", message, { details: { param: `config.${key}` } });
}

/** A value of a key that the plugin no longer asks for is forgotten. */
function mergeConfig(
  { manifest, config }: PluginRecord,
  given: NonNullable<DecisionBody["config"]>,
): Readonly<Record<string, ConfigValue>> {
  const asked = manifest.permissions.config?.keys ?? [];
  const kept = Object.entries(config).filter(([key]) => asked.includes(key));
  const added = Object.entries(given).map(([key, entry]) => [
    key,
    typeof entry === "string" ? { value: entry } : entry,
  ]);
  return withoutNulls<ConfigValue>(Object.fromEntries([...kept, ...added]));
}

function withoutNulls<T>(entries: Readonly<Record<string, T | null | undefined>>): Record<string, T> {
  const present = Object.entries(entries).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [[key, value] as const],
  );
  return Object.fromEntries(present);
}
