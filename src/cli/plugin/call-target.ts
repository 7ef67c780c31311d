import { basename, resolve } from "node:path";
import {
  grantAsked,
  healthExport,
  type Manifest,
  mainExports,
  PluginFailure,
  type PluginFile,
  type PluginResult,
  type Plugins,
  type RawCall,
  type UnpackedModule,
} from "../../plugin-host/index.ts";
import { UsageError } from "../usage-error.ts";
import { type GivenDecisions, refuseUnasked } from "./decisions.ts";
import { isModulePath, readModule, requireTrust } from "./module-file.ts";
import type { OpenPlugins } from "./open-plugins.ts";
import { toTrialRecord } from "./trial-record.ts";

/** What is called, and what its logs are kept under. */
export type CallTarget = {
  readonly name: string;
  readonly manifest?: Manifest;
  call(call: RawCall): Promise<PluginResult<unknown>>;
};

/** Whether input and output are JSON that the host checks. */
export function hasContract(manifest: Manifest | undefined, exportName: string | undefined): boolean {
  if (!manifest) return false;
  const main = mainExports[manifest.kind];
  return (exportName ?? main) === main || (manifest.kind === "connector" && exportName === healthExport);
}

/**
 * A plugin that is here, under what was decided of it, or a file, under nothing but what is given. Throws PluginFailure, or
 * UsageError where what is given does not fit.
 */
export async function findTarget(
  { config, plugins }: OpenPlugins,
  plugin: string,
  given: GivenDecisions,
): Promise<CallTarget> {
  if (!isModulePath(plugin)) {
    refuseDecisions(plugin, given);
    const { manifest } = await plugins.get(plugin);
    return { name: plugin, manifest, call: (asked) => plugins.call(plugin, asked) };
  }
  const file = plugins.read(await readModule(plugin, given.limits.moduleBytes));
  requireTrust(config, file);
  refuseUnasked(file.manifest, given.granted);
  const path = resolve(plugin);
  const { manifest } = file;
  if (!manifest) return toUnpackedTarget(plugins, file, path, given);
  refuseUnknownConfig(manifest, given);
  const { limits } = given;
  const grants = grantAsked(manifest, given.granted);
  const record = toTrialRecord({ ...file, manifest }, { path, grants, config: given.config, limits });
  return { name: record.name, manifest, call: (asked) => plugins.callRecord(record, asked) };
}

function toUnpackedTarget(
  plugins: Plugins,
  { sha256 }: PluginFile,
  path: string,
  { limits, config }: GivenDecisions,
): CallTarget {
  if (Object.keys(config).length > 0) throw new UsageError("a module without a manifest has no config keys");
  const record: UnpackedModule = {
    ...{ name: basename(path), path, sha256, source: path, isEmbedded: false, limits },
    ...{ grants: {}, config: {}, isEnabled: true, addedAtMs: 0 },
  };
  return { name: record.name, call: (asked) => callUnpacked(plugins, record, asked) };
}

/** Without a name for its export, the first that a plugin of any kind would be called by. */
async function callUnpacked(
  plugins: Plugins,
  record: UnpackedModule,
  asked: RawCall,
): Promise<PluginResult<unknown>> {
  if (asked.export !== undefined) return await plugins.callRecord(record, asked);
  const names = Object.values(mainExports);
  for (const name of names) {
    const result = await plugins.callRecord(record, { ...asked, export: name });
    if (result.ok || result.failure.code !== "plugin_not_implemented") return result;
  }
  const message = `it has no manifest and no export ${names.join(", ")}; name one of its exports with --export`;
  throw new PluginFailure("manifest_missing", message);
}

function refuseDecisions(name: string, { granted, denied, config, limits }: GivenDecisions): void {
  const isNothing =
    granted.size + denied.size + Object.keys(config).length + Object.keys(limits).length === 0;
  if (isNothing) return;
  throw new UsageError(
    `${name} runs with what was decided when it was added; hearth plugin add ${name} changes that, --grant, --config and --limit here are for files`,
  );
}

function refuseUnknownConfig(manifest: Manifest, { config, granted }: GivenDecisions): void {
  const keys = Object.keys(config);
  if (keys.length === 0) return;
  if (!granted.has("config")) throw new UsageError("--config needs --grant config beside it");
  const asked = manifest.permissions.config?.keys ?? [];
  const unknown = keys.find((key) => !asked.includes(key));
  if (unknown === undefined) return;
  throw new UsageError(`${manifest.name} has no config key "${unknown}"; it asks for ${asked.join(", ")}`);
}
