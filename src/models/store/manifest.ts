import { AppError } from "../../base/index.ts";
import { digestOf, hexOf } from "../blobs/digest.ts";
import { limitToTemplate } from "../ollama/template-capabilities.ts";
import type {
  LayerRole,
  ModelLayer,
  ModelRecord,
  ModelSettings,
  ModelSource,
  ModelSummary,
} from "../record.ts";

/** A layer to store: a blob by its digest, or a file in place by its path. The layer of a record will do too. */
export type PutLayer = {
  readonly role: LayerRole;
  readonly bytes: number;
  readonly digest?: string;
  readonly path?: string;
};

export type ManifestRequest = {
  readonly source: ModelSource;
  readonly origin?: string;
  readonly layers: readonly PutLayer[];
  readonly settings: ModelSettings;
  readonly summary: ModelSummary;
};

/** A layer as it is written down: of a blob the path is not kept, for the home may move. */
type ManifestLayer =
  | { readonly role: LayerRole; readonly bytes: number; readonly digest: string }
  | { readonly role: LayerRole; readonly bytes: number; readonly path: string; readonly digest?: string };

type ManifestContent = {
  readonly version: 1;
  readonly source: ModelSource;
  readonly origin?: string;
  readonly layers: readonly ManifestLayer[];
  readonly summary: ModelSummary;
};

export type Manifest = {
  readonly digest: string;
  /** JSON, as is `settings`. */
  readonly content: string;
  readonly settings: string;
  /** Each blob once. */
  readonly blobs: readonly { readonly digest: string; readonly bytes: number }[];
};

/** What the tables hold of a model. */
export type ModelRow = {
  readonly name: string;
  readonly digest: string;
  readonly content: string;
  readonly settings: string;
  readonly created_at_ms: number;
  readonly modified_at_ms: number;
  readonly uses: number | null;
  readonly last_used_at_ms: number | null;
};

type PathOf = (digest: string) => string;

/** The manifest of a model; equal models have equal digests. */
export function createManifest(given: ManifestRequest, pathOf: PathOf): Manifest {
  const request = { ...given, summary: limitSummary(given) };
  const layers = request.layers.map((layer) => toManifestLayer(layer, pathOf));
  const { source, origin, summary } = request;
  const document: ManifestContent = {
    version: 1,
    source,
    ...(origin === undefined ? {} : { origin }),
    layers,
    summary,
  };
  const content = JSON.stringify(document);
  const settings = JSON.stringify(request.settings);
  const hash = new Bun.CryptoHasher("sha256").update(`${content}\n${settings}`);
  const blobs = new Map<string, number>();
  for (const layer of layers) if (!("path" in layer)) blobs.set(layer.digest, layer.bytes);
  return {
    digest: digestOf(hash.digest("hex")),
    content,
    settings,
    blobs: Array.from(blobs, ([digest, bytes]) => ({ digest, bytes })),
  };
}

function limitSummary({ summary, settings }: ManifestRequest): ModelSummary {
  return { ...summary, capabilities: limitToTemplate(summary.capabilities, settings) };
}

/** The record that a row stands for. Its settings are parsed when somebody asks for them. */
export function toRecord(row: ModelRow, pathOf: PathOf): ModelRecord {
  const { source, origin, layers, summary } = parseColumn<ManifestContent>(row, row.content);
  let settings: ModelSettings | undefined;
  return {
    name: row.name,
    source,
    ...(origin === undefined ? {} : { origin }),
    digest: row.digest,
    layers: layers.map((layer) => toLayer(layer, pathOf)),
    get settings() {
      settings ??= parseColumn<ModelSettings>(row, row.settings);
      return settings;
    },
    summary,
    createdAtMs: row.created_at_ms,
    modifiedAtMs: row.modified_at_ms,
    ...(row.last_used_at_ms === null ? {} : { lastUsedAtMs: row.last_used_at_ms }),
    uses: row.uses ?? 0,
  };
}

function parseColumn<T>({ name }: ModelRow, text: string): T {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `the manifest of ${name} in the database is damaged; remove the model and add it again`;
    throw new AppError("model_corrupted", message, { cause });
  }
}

function toLayer(layer: ManifestLayer, pathOf: PathOf): ModelLayer {
  if ("path" in layer) return layer;
  const { role, bytes, digest } = layer;
  return { role, bytes, digest, path: pathOf(digest) };
}

function toManifestLayer({ role, bytes, digest, path }: PutLayer, pathOf: PathOf): ManifestLayer {
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new AppError(
      "invalid_request",
      `a ${role} layer of ${bytes} bytes cannot be stored; give its size`,
    );
  }
  if (digest !== undefined) hexOf(digest);
  if (digest !== undefined && (path === undefined || path === pathOf(digest))) return { role, bytes, digest };
  if (path?.startsWith("/")) return { role, bytes, path, ...(digest === undefined ? {} : { digest }) };
  throw new AppError("invalid_request", `a ${role} layer needs the digest of a blob or an absolute path`);
}
