import { AppError } from "../base/index.ts";
import { mainExports } from "./contracts/kinds.ts";
import type { Manifest } from "./contracts/manifest.ts";
import { PluginFailure } from "./failure.ts";
import type { Grants } from "./grants.ts";
import { toSpec } from "./guest-spec.ts";
import { checkLimits, type Limits } from "./limits.ts";
import { checkOperations } from "./operation-schema.ts";
import { narrowGrants, writingOperations } from "./permissions.ts";
import type { PluginOptions } from "./plugin-options.ts";
import type { GuestSpec, ModuleFacts } from "./protocol.ts";
import { type PluginFile, readPluginFile } from "./read-plugin.ts";
import type { Registry } from "./registry.ts";
import type { ConfigValue, PluginRecord } from "./store/plugin-record.ts";
import type { StoredPlugin } from "./store/plugin-table.ts";

/** What an administrator decides about a plugin; what is absent stays as it is, or is nothing for a new one. */
export type Decisions = {
  readonly grants?: Grants;
  readonly config?: Readonly<Record<string, ConfigValue>>;
  readonly limits?: Readonly<Record<string, number>>;
};

export type Admin = {
  list(): Promise<readonly PluginRecord[]>;
  /** Throws PluginFailure plugin_not_found. */
  get(name: string): Promise<PluginRecord>;
  /** What a file says of itself, its signature checked. Throws PluginFailure. */
  read(bytes: Uint8Array): PluginFile;
  /**
   * Takes a plugin in, or a new version of one that is here, which keeps of its grants what it still asks for. The
   * module is compiled and started once, in a process, before anything is stored. Throws PluginFailure or AppError.
   */
  add(
    plugin: { readonly bytes: Uint8Array; readonly source: string },
    decisions?: Decisions,
  ): Promise<PluginRecord>;
  /** Switches on a plugin that the executable carries and that asks for permissions. */
  addEmbedded(name: string, decisions?: Decisions): Promise<PluginRecord>;
  /** Changes grants, config or limits of a plugin that is here, also as they are when it is this change's turn. */
  update(name: string, decisions: Decisions | ((before: PluginRecord) => Decisions)): Promise<PluginRecord>;
  /** Enabling ends a quarantine. */
  setEnabled(name: string, isEnabled: boolean): Promise<PluginRecord>;
  /** Throws AppError conflict for one that the executable carries: those are switched off instead. */
  remove(name: string): Promise<void>;
};

type AdminDeps = Pick<PluginOptions, "trustedKeys" | "requireSigned" | "readVariable" | "now"> & {
  readonly registry: Registry;
  /** Compiles and starts a module. Throws PluginFailure. */
  readonly inspect: (spec: GuestSpec) => Promise<ModuleFacts>;
  /** A guest that is not to be used any more for new calls. */
  readonly onChange: (key: string) => void;
  /** One that may not run any more. */
  readonly onEnd: (name: string) => void;
};

export function createAdmin(deps: AdminDeps): Admin {
  const { registry, now } = deps;
  const find = async (name: string) => (await registry.list()).find((record) => record.name === name);

  async function store(
    plugin: StoredPlugin,
    before: PluginRecord | undefined,
    bytes?: Uint8Array,
  ): Promise<PluginRecord> {
    await registry.save(plugin, bytes);
    if (before) deps.onChange(toSpec(before, deps.readVariable).key);
    return await registry.get(plugin.name);
  }
  function change(
    name: string,
    decideOn: (before: { readonly plugin: StoredPlugin; readonly record: PluginRecord }) => StoredPlugin,
  ): Promise<PluginRecord> {
    return registry.inTurn(async () => {
      const record = await registry.get(name);
      const { path: _, isEmbedded: __, ...rest } = record;
      const plugin = { ...rest, addedAtMs: record.addedAtMs === 0 ? now() : record.addedAtMs };
      return await store(decideOn({ plugin, record }), record);
    });
  }
  async function add(
    { bytes, source }: { readonly bytes: Uint8Array; readonly source: string },
    decisions: Decisions = {},
  ): Promise<PluginRecord> {
    const file = readPluginFile(bytes, deps.trustedKeys);
    const manifest = requireManifest(file);
    requireSignature(file, deps.requireSigned);
    const before = await find(manifest.name);
    if (before?.isEmbedded) {
      const message = `the executable has a plugin named ${manifest.name}; give this one another name`;
      throw new AppError("conflict", message);
    }
    const plugin: StoredPlugin = {
      ...decide(manifest, decisions, before),
      ...{ name: manifest.name, manifest, sha256: file.sha256, source },
      ...(file.signature.state !== "unsigned" && { publicKey: file.signature.publicKey }),
      ...{ isEnabled: true, addedAtMs: now() },
    };
    if (manifest.kind === "connector") checkOperations(manifest);
    await inspectNew(plugin, bytes);
    return await store(plugin, before, bytes);
  }
  async function inspectNew(plugin: StoredPlugin, bytes: Uint8Array): Promise<void> {
    using file = registry.stage(bytes);
    const facts = await deps.inspect(
      toSpec({ ...plugin, path: file.path, isEmbedded: false }, deps.readVariable),
    );
    requireExport(plugin.manifest, facts);
  }
  return {
    list: () => registry.list(),
    get: (name) => registry.get(name),
    read: (bytes) => readPluginFile(bytes, deps.trustedKeys),
    add,
    addEmbedded: (name, decisions = {}) =>
      change(name, ({ plugin, record }) => {
        if (!record.isEmbedded) {
          throw new AppError("conflict", `${name} is here already; give a file or a URL to replace it`);
        }
        const decided = decide(record.manifest, decisions, record);
        return { ...plugin, ...decided, isEnabled: true, addedAtMs: now() };
      }),
    update: (name, decisions) =>
      change(name, ({ plugin, record }) => {
        const wanted = typeof decisions === "function" ? decisions(record) : decisions;
        return { ...plugin, ...decide(record.manifest, wanted, record) };
      }),
    async setEnabled(name, isEnabled) {
      const stored = await change(name, ({ plugin }) => {
        const { lastStrikeAtMs: _, quarantinedAtMs: __, ...rest } = plugin;
        return { ...rest, isEnabled };
      });
      if (!isEnabled) deps.onEnd(name);
      return stored;
    },
    async remove(name) {
      const record = await registry.get(name);
      if (record.isEmbedded) {
        const message = `${name} is part of the executable; hearth plugin disable ${name} switches it off`;
        throw new AppError("conflict", message);
      }
      await registry.remove(name);
      deps.onEnd(name);
      deps.onChange(toSpec(record, deps.readVariable).key);
      // Last, so that no call that was still running leaves something to the next plugin of this name.
      await registry.kv.clear(name);
    },
  };
}

/** Grants beyond what the manifest asks for are refused: its author has given no reason for them. */
function decide(
  manifest: Manifest,
  decisions: Decisions,
  before: PluginRecord | undefined,
): Pick<StoredPlugin, "grants" | "config" | "limits"> {
  const grants = narrowGrants(decisions.grants ?? keptGrants(manifest, before), manifest);
  if (decisions.grants) refuseMore(decisions.grants, grants);
  const limits: Partial<Limits> = decisions.limits ? checkLimits(decisions.limits) : (before?.limits ?? {});
  const config = decisions.config ?? before?.config ?? {};
  const asked = manifest.permissions.config?.keys ?? [];
  const unknown = Object.keys(config).find((key) => !asked.includes(key));
  if (unknown !== undefined && decisions.config) {
    const known = asked.length === 0 ? "it asks for none" : `it asks for ${asked.join(", ")}`;
    throw new AppError("invalid_request", `${manifest.name} has no config key "${unknown}"; ${known}`);
  }
  return { grants, limits, config };
}

/** What was granted holds for a new version, but not writes that nobody has seen. */
function keptGrants(manifest: Manifest, before: PluginRecord | undefined): Grants {
  if (!before) return {};
  const known = writingOperations(before.manifest);
  if (writingOperations(manifest).every((name) => known.includes(name))) return before.grants;
  const { write: _, ...rest } = before.grants;
  return rest;
}

function refuseMore(wanted: Grants, possible: Grants): void {
  for (const name of Object.keys(wanted)) {
    if (JSON.stringify(Reflect.get(wanted, name)) === JSON.stringify(Reflect.get(possible, name))) continue;
    const message = `the grant ${name} goes beyond what the plugin's manifest asks for`;
    throw new AppError("invalid_request", message, { details: { param: `grants.${name}` } });
  }
}

function requireManifest({ manifest }: PluginFile): Manifest {
  if (manifest) return manifest;
  const message =
    "it has no manifest; hearth plugin build writes one, and hearth plugin pack adds one to any module";
  throw new PluginFailure("manifest_missing", message);
}

function requireSignature({ signature }: PluginFile, isRequired: boolean): void {
  if (!isRequired || signature.state === "trusted") return;
  const found =
    signature.state === "unsigned" ? "it has none" : `its key ${signature.publicKey} is not trusted`;
  throw new PluginFailure(
    "plugin_unsigned",
    `a signature of a trusted key is required, and ${found}; trust a key with --trusted-key`,
  );
}

function requireExport({ kind }: Manifest, { exports }: ModuleFacts): void {
  const name = mainExports[kind];
  if (exports.includes(name)) return;
  throw new PluginFailure("plugin_not_implemented", `it is a ${kind} and has no export "${name}"`);
}
