/** Makes a model of another one, or of uploaded blobs. What the request says replaces what the other had. */
import { AppError } from "../base/index.ts";
import { inspectParts } from "./file-model.ts";
import { checkAdapterHeader } from "./gguf/check-adapter.ts";
import { findKind } from "./gguf/check-model.ts";
import { readFileHeader } from "./gguf/read-file-header.ts";
import type { CreateRequest, WorkEvent } from "./library.ts";
import { checkSettings } from "./ollama/settings.ts";
import type { StoreDoor } from "./open-store.ts";
import type { ModelRecord, ModelSettings, ModelSummary } from "./record.ts";
import type { PutLayer } from "./store/manifest.ts";

/** A model to start from, with its layers as they can be stored. */
export type KeptModel = Pick<ModelRecord, "name" | "settings" | "summary"> & {
  readonly layers: readonly PutLayer[];
};

type Parts = { readonly layers: readonly PutLayer[]; readonly summary?: ModelSummary };

export async function* createModel(
  door: StoreDoor,
  find: (name: string) => Promise<KeptModel | undefined>,
  request: CreateRequest,
): AsyncGenerator<WorkEvent, void, undefined> {
  const { name } = request;
  const base = request.from === undefined ? undefined : await findBase(find, request.from);
  const digests = [...Object.values(request.files ?? {}), ...Object.values(request.adapters ?? {})];
  await using _held = await door.blobs.hold(digests);
  yield { type: "status", status: base ? `using ${base.name}` : "using uploaded files" };
  const files = await readFiles(door, name, Object.values(request.files ?? {}));
  const adapters = await readAdapters(door, Object.values(request.adapters ?? {}));
  const summary = files.summary ?? base?.summary;
  if (!summary) {
    throw new AppError("invalid_request", `${name} needs a model to start from, or the file of one`);
  }
  const layers = mergeLayers(base?.layers ?? [], files.layers, adapters);
  const settings = mergeSettings(base?.settings ?? {}, request.settings);
  yield { type: "status", status: "writing manifest" };
  const { models } = await door.toWrite();
  const origin = base && { origin: base.name };
  const record = await models.put({ name, source: "created", ...origin, layers, settings, summary });
  yield { type: "done", record };
}

async function findBase(
  find: (name: string) => Promise<KeptModel | undefined>,
  from: string,
): Promise<KeptModel> {
  const base = await find(from);
  if (base) return base;
  throw new AppError(
    "model_not_found",
    `there is no model "${from}" to start from; see hearth ls, or pull it first`,
  );
}

/** Weights, and projectors beside them; which is which stands in their headers. */
async function readFiles(door: StoreDoor, name: string, digests: readonly string[]): Promise<Parts> {
  const blobs = await Promise.all(digests.map((digest) => sizeBlob(door, digest)));
  const projectors = blobs.filter(({ path }) => findKind(readFileHeader(path)) === "projector");
  const weights = blobs.filter((blob) => !projectors.includes(blob));
  const [first, ...others] = weights.map(({ path }) => path);
  if (first === undefined) return { layers: projectors.map((blob) => toLayer(blob, "projector")) };
  const { role, summary } = inspectParts(name, [first, ...others]);
  const layers = [
    ...weights.map((blob) => toLayer(blob, role)),
    ...projectors.map((blob) => toLayer(blob, "projector")),
  ];
  return { layers, summary };
}

async function readAdapters(door: StoreDoor, digests: readonly string[]): Promise<readonly PutLayer[]> {
  const blobs = await Promise.all(digests.map((digest) => sizeBlob(door, digest)));
  for (const { path, digest } of blobs) checkAdapterHeader(digest, readFileHeader(path));
  return blobs.map((blob) => toLayer(blob, "adapter"));
}

type Blob = { readonly digest: string; readonly bytes: number; readonly path: string };

async function sizeBlob({ blobs }: StoreDoor, digest: string): Promise<Blob> {
  const bytes = await blobs.size(digest);
  if (bytes !== undefined) return { digest, bytes, path: blobs.pathOf(digest) };
  throw new AppError("not_found", `there is no blob ${digest}; upload it to /api/blobs/${digest} first`);
}

function toLayer({ digest, bytes }: Blob, role: PutLayer["role"]): PutLayer {
  return { role, digest, bytes };
}

/** New weights replace the old, new adapters too; texts of a manifest live on in the settings alone. */
function mergeLayers(
  base: readonly PutLayer[],
  files: readonly PutLayer[],
  adapters: readonly PutLayer[],
): readonly PutLayer[] {
  const replaced = new Set([...files, ...adapters].map(({ role }) => role));
  const kept = base.filter(
    ({ role }) => (role === "model" || role === "projector" || role === "adapter") && !replaced.has(role),
  );
  return [...files, ...kept, ...adapters];
}

function mergeSettings(base: ModelSettings, changes: ModelSettings): ModelSettings {
  const parameters = { ...base.parameters, ...changes.parameters };
  return checkSettings({ ...base, ...changes, parameters });
}
