import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { AppError } from "../../base/index.ts";
import { canonicalName } from "../names/model-name.ts";
import type { ModelLayer, ModelRecord } from "../record.ts";
import type { HeaderReader } from "./header-notes.ts";
import { type ManifestLayer, parseOllamaManifest } from "./ollama-manifest.ts";
import { readOllamaSettings } from "./ollama-settings.ts";
import { readText } from "./read-text.ts";
import { toRecord } from "./records.ts";
import { type FoundFile, findFiles, type Scan } from "./scan.ts";

/** Manifests stand at `<host>/<namespace>/<model>/<tag>`. */
const manifestDepth = 3;
const maxManifestBytes = 2 ** 20;
/** The later one has precedence: Ollama removes a manifest from the earlier when it writes to it. */
const manifestFolders = ["manifests-v2", "manifests"];

/** Models of Ollama's store: a manifest each, whose layers are blobs. Manifests that cannot be taken whole are reported. */
export async function findOllamaModels(
  scan: Scan,
  headers: HeaderReader,
  root: string,
): Promise<ModelRecord[]> {
  const records = new Map<string, ModelRecord>();
  for (const folder of manifestFolders) {
    const manifests = join(root, folder);
    const files = await findFiles(scan, manifests, {
      maxDepth: manifestDepth,
      isWanted: (name) => name !== "",
    });
    for (const file of files) {
      const parts = relative(manifests, file.path).split(sep);
      if (parts.length !== manifestDepth + 1 || file.name.startsWith(".")) continue;
      try {
        const record = await readModel(headers, { root, parts, file });
        if (!records.has(record.name)) records.set(record.name, record);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        scan.report(file.path, error.message);
      }
    }
  }
  return [...records.values()];
}

type Manifest = { readonly root: string; readonly parts: readonly string[]; readonly file: FoundFile };

async function readModel(headers: HeaderReader, { root, parts, file }: Manifest): Promise<ModelRecord> {
  const [host = "", namespace = "", model = "", tag = ""] = parts;
  const name = canonicalName(`${host}/${namespace}/${model}:${tag}`);
  const text = readText(file.path, maxManifestBytes);
  const manifest = parseOllamaManifest(text);
  const chosen =
    manifest.type === "reference"
      ? parseOllamaManifest(readText(blobPath(root, manifest.digest), maxManifestBytes))
      : manifest;
  if (chosen.type !== "layers") throw new AppError("invalid_request", "its manifests refer to each other");
  const found = await Promise.all(chosen.layers.map((layer) => findBlob(root, layer)));
  const layers = found.map(({ layer }) => layer);
  const note = headers.readTogether(found.filter(({ layer }) => layer.role === "model").map(toFile));
  if (note.kind === "unusable") throw new AppError("model_load_failed", note.reason);
  if (note.kind !== "model")
    throw new AppError("model_load_failed", `its model is a file of kind ${note.kind}`);
  return toRecord({
    name,
    source: "ollama",
    origin: name,
    layers,
    summary: note.summary,
    settings: readOllamaSettings(layers),
    modifiedAtMs: file.modifiedAtMs,
    digest: `sha256:${createHash("sha256").update(text).digest("hex")}`,
  });
}

type FoundBlob = { readonly layer: ModelLayer; readonly modifiedAtMs: number };

function toFile({ layer, modifiedAtMs }: FoundBlob) {
  return { path: layer.path, bytes: layer.bytes, modifiedAtMs };
}

function blobPath(root: string, digest: string): string {
  return join(root, "blobs", digest.replace(":", "-"));
}

async function findBlob(root: string, { role, digest, bytes }: ManifestLayer): Promise<FoundBlob> {
  const path = blobPath(root, digest);
  const status = await stat(path).catch(() => undefined);
  if (!status?.isFile())
    throw new AppError("model_load_failed", `its layer ${digest} is not there; pull it again`);
  if (status.size !== bytes) {
    const message = `its layer ${digest} has ${status.size} of ${bytes} bytes; pull it again`;
    throw new AppError("model_load_failed", message);
  }
  return { layer: { role, digest, bytes, path }, modifiedAtMs: status.mtimeMs };
}
