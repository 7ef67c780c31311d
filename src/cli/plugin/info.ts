import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Config, Environment } from "../../config/index.ts";
import {
  describePermissions,
  limitTable,
  type Manifest,
  PluginFailure,
  type PluginFile,
  type PluginRecord,
} from "../../plugin-host/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { toJsonText } from "../table.ts";
import { exitCodes } from "../usage-error.ts";
import { formatInfo } from "./info-text.ts";
import { isModulePath, readModule, requireTrust } from "./module-file.ts";
import { about, type OpenPlugins, openPlugins } from "./open-plugins.ts";
import { toPluginListing } from "./plugin-listing.ts";

/** What is known of a plugin that is here, or of a file. */
export type PluginInfo = {
  readonly manifest?: Manifest;
  readonly bytes: number;
  readonly sha256: string;
  readonly signature: PluginFile["signature"];
  readonly source: string;
  /** Absent for a file that was not added. */
  readonly record?: PluginRecord;
  /** Why it cannot be used as it is. */
  readonly problem?: string;
};

export type InfoOptions = ConfigFlags & { readonly plugin: string; readonly json: boolean };

/** Prints all that is known of a plugin or of a file. */
export async function info(deps: CliDeps, { plugin, json, ...flags }: InfoOptions): Promise<number> {
  await using opened = await openPlugins(deps, flags);
  const found = await about(plugin, () =>
    isModulePath(plugin) ? describeFile(opened, plugin) : describeKnown(opened, plugin),
  );
  const { environment, io } = deps;
  const text = json
    ? `${toJsonText(toJson(found, environment), 2)}\n`
    : formatInfo(found, { nowMs: Date.now(), environment });
  io.stdout.write(text);
  return exitCodes.success;
}

async function describeFile({ config, plugins }: OpenPlugins, path: string): Promise<PluginInfo> {
  const { bytes, ...file } = plugins.read(await readModule(path, limitTable.moduleBytes.most));
  const problem = findDistrust(config, file);
  return { ...file, bytes: bytes.length, source: resolve(path), ...(problem !== undefined && { problem }) };
}

function findDistrust(config: Config, file: Pick<PluginFile, "signature">): string | undefined {
  try {
    requireTrust(config, file);
    return undefined;
  } catch (error) {
    if (error instanceof PluginFailure) return error.message;
    throw error;
  }
}

async function describeKnown({ config, plugins }: OpenPlugins, name: string): Promise<PluginInfo> {
  const record = await plugins.get(name);
  const { manifest, sha256, source } = record;
  const bytes = await readFile(record.path).catch(() => undefined);
  const file = bytes && plugins.read(bytes);
  const distrust = file && !record.isEmbedded ? findDistrust(config, file) : undefined;
  const problem = file?.sha256 === sha256 ? distrust : "its file is not the one that was added; add it again";
  return {
    ...{ manifest, sha256, source, record, bytes: bytes?.length ?? 0 },
    signature: file?.signature ?? { state: "unsigned" },
    ...(problem !== undefined && { problem }),
  };
}

/** Values of config keys are left out: they may be secrets. */
function toJson({ manifest, record, ...info }: PluginInfo, environment: Environment) {
  const limits = Object.entries(limitTable).map(([name, row]) => {
    const changed = record && Object.entries(record.limits).find(([each]) => each === name)?.[1];
    return [name, { value: changed ?? row.default, default: row.default }] as const;
  });
  return {
    ...(record && toPluginListing(record)),
    ...info,
    ...(manifest && { manifest, permissions: describePermissions(manifest, record?.grants ?? {}) }),
    ...(record && {
      config: Object.fromEntries(
        Object.entries(record.config).map(([key, entry]) => [
          key,
          "value" in entry
            ? { isSet: true }
            : { environment: entry.environment, isSet: environment[entry.environment] !== undefined },
        ]),
      ),
      limits: Object.fromEntries(limits),
    }),
  };
}
