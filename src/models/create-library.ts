import { AppError } from "../base/index.ts";
import { systemClock } from "../process/index.ts";
import type { BlobStore } from "./blobs/blob-store.ts";
import { builtInModel } from "./built-in.ts";
import { describeBuiltIn, readConfigured } from "./configured-models.ts";
import { createModel, type KeptModel } from "./create-model.ts";
import { createFoundModels } from "./found-models.ts";
import { importModel } from "./import-model.ts";
import type { ModelLibrary, VerifyResult, WorkEvent } from "./library.ts";
import type { LibraryOptions } from "./library-options.ts";
import { canonicalName, lookupNames, nameFile, toModelName } from "./names/model-name.ts";
import { parseReference } from "./names/model-reference.ts";
import { createStoreDoor, type StoreDoor } from "./open-store.ts";
import type { Puller } from "./pull/puller.ts";
import type { ModelRecord } from "./record.ts";
import { linkParts } from "./split-links.ts";
import type { PutLayer } from "./store/manifest.ts";
import { createUseCounter } from "./use-counter.ts";

/** Uploads larger than this are no model. */
const maxUploadBytes = 2 ** 44;

/**
 * Every model at hand, from all the places that models come from; of two with one name the configured one counts, then
 * the stored one. Throws AppError for a configured file that is not there or is no model.
 */
export async function createLibrary(options: LibraryOptions): Promise<ModelLibrary> {
  const configured = await readConfigured(options.models, options);
  const door = createStoreDoor(options.home);
  const found = createFoundModels({
    folders: options.modelFolders,
    door,
    ...(options.discover && { caches: options.cacheFolders }),
  });
  const uses = createUseCounter(door);
  let puller: Promise<Puller> | undefined;

  async function find(text: string): Promise<ModelRecord | undefined> {
    for (const name of lookupNames(text)) {
      const record = configured.records.get(name) ?? (await findElsewhere(name));
      if (record) return linkParts(record, options.home);
    }
    return undefined;
  }

  /** The record as another model can be made of it. */
  async function findToKeep(text: string): Promise<KeptModel | undefined> {
    const record = await find(text);
    return record && { ...record, layers: await keepLayers(door, record) };
  }

  async function findElsewhere(name: string): Promise<ModelRecord | undefined> {
    if (name === builtInModel) return await describeBuiltIn(options.home);
    const store = await door.toRead();
    return (await store?.models.find(name)) ?? (await found.list()).get(name);
  }

  async function list(): Promise<readonly ModelRecord[]> {
    const store = await door.toRead();
    const [builtIn, inFolders, stored = [], used] = await Promise.all([
      describeBuiltIn(options.home),
      found.list(),
      store?.models.list(),
      store?.models.listUses(),
    ]);
    const others = new Map<string, ModelRecord>([[builtInModel, builtIn]]);
    for (const record of [...inFolders.values(), ...configured.records.values()])
      others.set(record.name, record);
    for (const { name } of stored) if (!configured.records.has(name)) others.delete(name);
    const hidden = new Set(others.keys());
    return [
      ...stored.filter(({ name }) => !hidden.has(name)),
      ...Array.from(others.values(), (record) => ({ ...record, ...used?.get(record.name) })),
    ].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  async function* pull(
    reference: string,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<WorkEvent> {
    if (reference === builtInModel) throw refuseName(reference);
    const parsed = parseReference(reference);
    if (toModelName(parsed) === builtInModel) throw refuseName(reference);
    puller ??= createPullerOf(options, door.blobs);
    const { pullModel } = await import("./pull-model.ts");
    yield* pullModel(door, await puller, parsed, { signal });
  }

  /** Throws where the name is not one of the store's. */
  async function findStored(text: string): Promise<string> {
    const store = await door.toRead();
    for (const name of lookupNames(text)) if (await store?.models.find(name)) return name;
    const other = await find(text);
    if (!other) throw new AppError("model_not_found", `there is no model "${text}" here; see hearth ls`);
    throw new AppError("forbidden", `${other.name} is ${describeOwner(other)} and not Hearth's to change`);
  }

  return {
    configured: configured.names,
    list,
    find,
    async inspect(reference, { signal }) {
      const parsed = parseReference(reference);
      puller ??= createPullerOf(options, door.blobs);
      const { inspectRemote } = await import("./remote-model.ts");
      return await inspectRemote(await puller, parsed, { signal });
    },
    pull,
    async *create(request) {
      yield* createModel(door, findToKeep, { ...request, name: toFreeName(request.name) });
    },
    async *import(path, importOptions) {
      const name = toFreeName(importOptions.name ?? nameFile(path));
      yield* importModel(door, path, { ...importOptions, name });
    },
    async copy(from, to) {
      const target = toFreeName(to);
      const source = await find(from);
      if (!source)
        throw new AppError("model_not_found", `there is no model "${from}" to copy; see hearth ls`);
      const { models } = await door.toWrite();
      if (await models.find(source.name)) await models.copy(source.name, target);
      else await models.put({ ...source, name: target, layers: await keepLayers(door, source) });
    },
    async remove(text) {
      const name = await findStored(text);
      return await (await door.toWrite()).models.remove(name);
    },
    collectGarbage: async (gcOptions) => await (await door.toWrite()).models.collectGarbage(gcOptions),
    async *verify(names, { signal }): AsyncGenerator<VerifyResult> {
      const stored: string[] = [];
      for (const name of names) stored.push(await findStored(name));
      const store = await door.toRead();
      if (store) yield* store.models.verify(stored, { signal });
    },
    measure: async () => (await (await door.toRead())?.models.measure()) ?? new Map(),
    recordUse: (name) => uses.add(name),
    hasBlob: async (digest) => (await door.blobs.size(digest)) !== undefined,
    async writeBlob(digest, bytes, signal) {
      await door.blobs.write(bytes, { expected: digest, signal, maxBytes: maxUploadBytes });
    },
    async close() {
      await uses.flush();
      await door.close();
    },
  };
}

async function createPullerOf(options: LibraryOptions, blobs: BlobStore): Promise<Puller> {
  const { createPuller } = await import("./pull/puller.ts");
  const { registry, huggingFaceEndpoint: endpoint, huggingFaceToken: token } = options;
  const huggingFace = { endpoint, ...(token !== undefined && { token }) };
  return createPuller({ blobs, registry, huggingFace, clock: systemClock });
}

/** The built-in model's file moves with each release, so a copy of it keeps the bytes; other files stay in place. */
async function keepLayers(
  { blobs }: StoreDoor,
  { source, layers }: ModelRecord,
): Promise<readonly PutLayer[]> {
  if (source !== "built-in") return layers;
  const { signal } = new AbortController();
  return await Promise.all(
    layers.map(async ({ role, path }) => {
      const { digest, bytes } = await blobs.take(path, { signal });
      return { role, digest, bytes };
    }),
  );
}

/** The canonical form of a name for a new model. */
function toFreeName(text: string): string {
  if (canonicalName(text) === builtInModel) throw refuseName(text);
  return canonicalName(text);
}

function refuseName(text: string): AppError {
  return new AppError(
    "conflict",
    `${text} would be called ${builtInModel}, which is built in; give it another name`,
  );
}

function describeOwner({ source, origin }: ModelRecord): string {
  switch (source) {
    case "built-in":
      return "built in";
    case "file":
      return `the file ${origin}`;
    default:
      return `in the cache of ${source}`;
  }
}
