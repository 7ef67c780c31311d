import {
  type ConfigValue,
  type Grants,
  type Limits,
  type Manifest,
  PluginFailure,
  type PluginFile,
  type PluginRecord,
} from "../../plugin-host/index.ts";

const shownHashChars = 12;

export type Trial = {
  readonly path: string;
  readonly grants: Grants;
  readonly config?: Readonly<Record<string, ConfigValue>>;
  readonly limits?: Partial<Limits>;
};

/**
 * A plugin's file as if it had been added. Its name is one that no plugin can have, so that it neither sees what an
 * added plugin of its manifest's name has stored nor puts that one into quarantine.
 */
export function toTrialRecord(
  { sha256, manifest }: PluginFile & { readonly manifest: Manifest },
  { path, grants, config = {}, limits = {} }: Trial,
): PluginRecord {
  return {
    ...{ name: `${manifest.name}@${sha256.slice(0, shownHashChars)}`, manifest, path, sha256, source: path },
    ...{ isEmbedded: false, grants, config, limits, isEnabled: true, addedAtMs: 0 },
  };
}

/** Throws PluginFailure manifest_missing. */
export function requireManifest(file: PluginFile): PluginFile & { readonly manifest: Manifest } {
  const { manifest } = file;
  if (manifest) return { ...file, manifest };
  const message =
    "it has no manifest; hearth plugin build writes one, and hearth plugin pack adds one to any module";
  throw new PluginFailure("manifest_missing", message);
}
