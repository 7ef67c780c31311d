/** What --grant, --deny, --config and --limit of a command line decide about a plugin. */
import { AppError } from "../../base/index.ts";
import {
  type ConfigValue,
  checkLimits,
  describePermissions,
  type Grants,
  grantAsked,
  grantNames,
  isGrantName,
  type Limits,
  type Manifest,
  type PluginRecord,
} from "../../plugin-host/index.ts";
import { UsageError } from "../usage-error.ts";

const variablePrefix = "env:";

export type GrantName = keyof Grants;

/** As they stand on the command line. */
export type DecisionFlags = {
  readonly grant?: readonly string[];
  readonly deny?: readonly string[];
  readonly config?: readonly string[];
  readonly limit?: readonly string[];
  readonly privateNetwork?: boolean;
};

export type GivenDecisions = {
  readonly granted: ReadonlySet<GrantName>;
  readonly denied: ReadonlySet<GrantName>;
  readonly config: Readonly<Record<string, ConfigValue>>;
  /** Config keys whose values are taken back. */
  readonly cleared: ReadonlySet<string>;
  readonly limits: Partial<Limits>;
};

/** Throws UsageError naming the flag. */
export function parseDecisions(flags: DecisionFlags): GivenDecisions {
  const granted = new Set(parseNames("--grant", flags.grant));
  if (flags.privateNetwork === true) granted.add("privateNetwork");
  const config = new Map((flags.config ?? []).map(parseConfig));
  const given = [...config].flatMap(([key, value]) => (value ? [[key, value] as const] : []));
  return {
    granted,
    denied: new Set(parseNames("--deny", flags.deny)),
    config: Object.fromEntries(given),
    cleared: new Set([...config.keys()].filter((key) => !config.get(key))),
    limits: parseLimits(flags.limit ?? []),
  };
}

/**
 * What is granted: of a new plugin all that it asks for but `write`, or just what --grant names of that; of a known one
 * what it has and what it did not ask for before. Throws UsageError for a grant that it does not ask for.
 */
export function chooseGrants(
  manifest: Manifest,
  { granted, denied }: GivenDecisions,
  before?: PluginRecord,
): Grants {
  refuseUnasked(manifest, granted);
  const isGiven = (name: GrantName) => granted.has(name) && !denied.has(name);
  const isNarrowed = [...granted].some((name) => name in manifest.permissions);
  const askedBefore = before && askedNames(before.manifest);
  function isDefault(name: GrantName): boolean {
    if (before?.grants[name] !== undefined) return true;
    if (name === "write" || name === "privateNetwork" || askedBefore?.has(name)) return false;
    return before !== undefined || !isNarrowed;
  }
  const names = grantNames.filter((name) => isGiven(name) || (isDefault(name) && !denied.has(name)));
  const grants = grantAsked(manifest, new Set(names));
  return before ? { ...grants, ...keepScopes(manifest, before, grants, granted) } : grants;
}

/** Throws UsageError for a name that the manifest does not ask for; a module without one asks for nothing. */
export function refuseUnasked(manifest: Manifest | undefined, granted: ReadonlySet<GrantName>): void {
  const asked = manifest ? askedNames(manifest) : new Set<GrantName>();
  if (asked.has("http")) asked.add("privateNetwork");
  const unasked = [...granted].find((name) => !asked.has(name));
  if (unasked === undefined) return;
  if (!manifest) throw new UsageError("a module without a manifest can be granted nothing");
  const known = asked.size === 0 ? "it asks for nothing" : `it asks for ${[...asked].join(", ")}`;
  throw new UsageError(`${manifest.name} does not ask for ${unasked}; ${known}`);
}

export function askedNames(manifest: Manifest): Set<GrantName> {
  return new Set(describePermissions(manifest, {}).map(({ name }) => name));
}

/** A scope that was narrowed stays so, unless it is granted anew or the plugin now asks for another. */
function keepScopes(
  manifest: Manifest,
  before: PluginRecord,
  grants: Grants,
  granted: ReadonlySet<GrantName>,
): Grants {
  const { http, config, kv, sql } = before.grants;
  const isKept = (name: "http" | "config" | "kv" | "sql") =>
    grants[name] !== undefined &&
    !granted.has(name) &&
    Bun.deepEquals(manifest.permissions[name], before.manifest.permissions[name]);
  return {
    ...(isKept("http") && http && { http }),
    ...(isKept("config") && config && { config }),
    ...(isKept("kv") && kv && { kv }),
    ...(isKept("sql") && sql && { sql }),
  };
}

function parseNames(flag: string, texts: readonly string[] = []): readonly GrantName[] {
  return texts
    .flatMap((text) => text.split(","))
    .map((text) => {
      const name = text.trim();
      if (isGrantName(name)) return name;
      throw new UsageError(`${flag}: there is no permission "${name}"; there are ${grantNames.join(", ")}`);
    });
}

/** `KEY=` is a key without a value. The value is not repeated in the message: it may be a secret. */
function parseConfig(text: string): readonly [string, ConfigValue | undefined] {
  const [key, value] = splitAtFirst(text);
  if (key === "" || value === undefined) {
    throw new UsageError("--config: expected KEY=VALUE, or KEY=env:VARIABLE for the value of a variable");
  }
  if (value === "") return [key, undefined];
  if (!value.startsWith(variablePrefix)) return [key, { value }];
  const environment = value.slice(variablePrefix.length);
  if (environment === "") throw new UsageError(`--config: ${key}=env: names no variable`);
  return [key, { environment }];
}

function parseLimits(texts: readonly string[]): Partial<Limits> {
  const entries = texts.map((text) => {
    const [name, value] = splitAtFirst(text);
    if (value !== undefined && /^\d+$/.test(value)) return [name, Number(value)] as const;
    throw new UsageError(`--limit: expected NAME=NUMBER such as timeoutMs=30000, got "${text}"`);
  });
  try {
    return checkLimits(Object.fromEntries(entries));
  } catch (error) {
    if (error instanceof AppError) throw new UsageError(`--limit: ${error.message}`, { cause: error });
    throw error;
  }
}

function splitAtFirst(text: string): readonly [key: string, value: string | undefined] {
  const separator = text.indexOf("=");
  return separator < 0 ? [text, undefined] : [text.slice(0, separator), text.slice(separator + 1)];
}
