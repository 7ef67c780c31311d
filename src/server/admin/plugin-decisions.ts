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
 * Throws AppError for a permission that it does not ask for.
 */
export function toDecisions(before: PluginRecord, { grants, config, limits }: DecisionBody): Decisions {
  const { manifest } = before;
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
