/** What `hearth plugin add` is given, and what is known of it. */
import { resolve } from "node:path";
import { AppError } from "../../base/index.ts";
import {
  type Decisions,
  limitTable,
  type Manifest,
  PluginFailure,
  type PluginFile,
  type PluginRecord,
  type Plugins,
} from "../../plugin-host/index.ts";
import { describeSignature } from "./describe.ts";
import { fetchModule, toSource } from "./fetch-module.ts";
import { isModulePath, readModule, requireTrust } from "./module-file.ts";
import { about, type OpenPlugins } from "./open-plugins.ts";
import { requireManifest } from "./trial-record.ts";

export type Offer = {
  readonly manifest: Manifest;
  readonly sha256: string;
  /** In words. */
  readonly signature: string;
  /** Of the signature, where there is one. */
  readonly publicKey?: string;
  readonly source: string;
  /** Of a file that is new here. */
  readonly bytes?: number;
  /** The plugin of this name that was added before. */
  readonly before?: PluginRecord;
  take(decisions: Decisions): Promise<PluginRecord>;
};

type Wanted = {
  /** A path, an address, or the name of a plugin that is here. */
  readonly reference: string;
  /** Hexadecimal; another file is refused. */
  readonly sha256?: string;
  /** What is fetched of an address at most. */
  readonly maxBytes?: number;
};

/** Throws AppError for what cannot be read, and for a file that is no plugin or not the one that is meant. */
export async function findOffer(
  opened: OpenPlugins,
  { reference, sha256, maxBytes }: Wanted,
  signal: AbortSignal,
): Promise<Offer> {
  const isAddress = /^https?:\/\//i.test(reference);
  const offer =
    isAddress || isModulePath(reference)
      ? await offerFile(opened, reference, { isAddress, signal, ...(maxBytes !== undefined && { maxBytes }) })
      : await about(reference, () => offerKnown(opened.plugins, reference));
  if (sha256 === undefined || sha256.toLowerCase() === offer.sha256) return offer;
  const message = `${reference} is not the file that is meant: its SHA-256 is ${offer.sha256}, and not ${sha256}`;
  throw new AppError("conflict", message);
}

async function offerFile(
  { config, plugins }: OpenPlugins,
  reference: string,
  { isAddress, signal, maxBytes }: Pick<Wanted, "maxBytes"> & { isAddress: boolean; signal: AbortSignal },
): Promise<Offer> {
  const source = isAddress ? toSource(reference) : resolve(reference);
  return await about(isAddress ? source : reference, async () => {
    const bytes = isAddress
      ? await fetchModule(reference, signal, maxBytes)
      : await readModule(reference, limitTable.moduleBytes.most);
    const file: PluginFile = plugins.read(bytes);
    requireTrust(config, file);
    const { manifest, sha256, signature } = requireManifest(file);
    const before = (await plugins.list()).find(({ name }) => name === manifest.name);
    return {
      ...{ manifest, sha256, source, signature: describeSignature(signature) },
      ...(signature.state !== "unsigned" && { publicKey: signature.publicKey }),
      ...{ bytes: bytes.length, ...(before && { before }) },
      take: (decisions) => plugins.add({ bytes, source }, decisions),
    };
  });
}

async function offerKnown(plugins: Plugins, name: string): Promise<Offer> {
  const record = await plugins.get(name).catch((cause: unknown) => {
    if (!(cause instanceof PluginFailure) || cause.code !== "plugin_not_found") throw cause;
    const message = `there is no plugin of this name here; give the path or address of its .wasm file, or a name that hearth plugin ls shows`;
    throw new PluginFailure("plugin_not_found", message);
  });
  const { manifest, sha256, source, publicKey, isEmbedded } = record;
  const signed = publicKey === undefined ? "unsigned" : `of ${publicKey}`;
  return {
    ...{ manifest, sha256, source, signature: isEmbedded ? "part of the executable" : signed },
    ...(publicKey !== undefined && { publicKey }),
    ...(isDecided(record) && { before: record }),
    take: (decisions) =>
      isEmbedded ? plugins.addEmbedded(name, decisions) : plugins.update(name, decisions),
  };
}

/** One of the executable may be known for no more than that it was switched off. */
function isDecided({ isEmbedded, grants, config, limits }: PluginRecord): boolean {
  return !isEmbedded || [grants, config, limits].some((decided) => Object.keys(decided).length > 0);
}
