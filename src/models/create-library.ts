import { AppError } from "../base/index.ts";
import { systemClock } from "../resilience/index.ts";
import { builtInModel } from "./built-in.ts";
import { readConfigured } from "./configured-models.ts";
import { createModel } from "./create-model.ts";
import { createFoundModels } from "./found-models.ts";
import { importModel } from "./import-model.ts";
import type { ModelLibrary, WorkEvent } from "./library.ts";
import { createLibraryIndex, type LibraryIndex } from "./library-index.ts";
import type { LibraryOptions } from "./library-options.ts";
import { canonicalName, nameFile, toModelName } from "./names/model-name.ts";
import { parseReference } from "./names/model-reference.ts";
import { createStoreDoor, type StoreDoor } from "./open-store.ts";
import type { Puller } from "./pull/puller.ts";
import type { ModelRecord } from "./record.ts";
import type { PutLayer } from "./store/manifest.ts";
import { createUseCounter } from "./use-counter.ts";

/** Uploads larger than this are no model. */
const maxUploadBytes = 2 ** 44;

/**
 * Every model at hand, from all the places that models come from, and the ways to change what is stored. Throws AppError
 * for a configured file that is not there or is no model.
 */
export async function createLibrary(options: LibraryOptions): Promise<ModelLibrary> {
  const configured = await readConfigured(options.models, options);
  const door = createStoreDoor(options.home, options.onDamage);
  const found = createFoundModels({
    folders: options.modelFolders,
    door,
    ...(options.discover && { caches: options.cacheFolders }),
  });
  const index = createLibraryIndex({ home: options.home, configured, found, door });
  const uses = createUseCounter(door);
  return {
    configured: configured.names,
    list: index.list,
    problems: found.problems,
    damage: () => door.damage,
    find: index.find,
    ...createAdditions(options, index, door),
    ...createChanges(index, door),
    recordUse: (name) => uses.add(name),
    async close() {
      await uses.flush();
      await door.close();
    },
  };
}

type Additions = Pick<
  ModelLibrary,
  "inspect" | "pull" | "create" | "import" | "copy" | "hasBlob" | "writeBlob"
>;

/** The ways for a model to come into the store. */
function createAdditions(options: LibraryOptions, index: LibraryIndex, door: StoreDoor): Additions {
  let opening: Promise<Puller> | undefined;
  const openPuller = () => (opening ??= createPullerOf(options, door));

  return {
    async inspect(reference, { signal }) {
      const parsed = parseReference(reference);
      const { inspectRemote } = await import("./remote-model.ts");
      return await inspectRemote(await openPuller(), parsed, { signal });
    },
    async *pull(reference, { signal }) {
      if (reference === builtInModel) throw refuseName(reference);
      const parsed = parseReference(reference);
      if (toModelName(parsed) === builtInModel) throw refuseName(reference);
      const { pullModel } = await import("./pull-model.ts");
      yield* forgetting(index, pullModel(door, await openPuller(), parsed, { signal }));
    },
    async *create(request) {
      const named = { ...request, name: toFreeName(request.name) };
      yield* forgetting(
        index,
        createModel(door, (text) => findToKeep(index, door, text), named),
      );
    },
    async *import(path, importOptions) {
      const name = toFreeName(importOptions.name ?? nameFile(path));
      yield* forgetting(index, importModel(door, path, { ...importOptions, name }));
    },
    async copy(from, to) {
      const target = toFreeName(to);
      const source = await index.find(from);
      if (!source)
        throw new AppError("model_not_found", `there is no model "${from}" to copy; see hearth ls`);
      const { models } = await door.toWrite();
      if (await models.find(source.name)) await models.copy(source.name, target);
      else await models.put({ ...source, name: target, layers: await keepLayers(door, source) });
      index.forget();
    },
    hasBlob: async (digest) => (await door.blobs.size(digest)) !== undefined,
    async writeBlob(digest, bytes, signal) {
      await door.blobs.write(bytes, { expected: digest, signal, maxBytes: maxUploadBytes });
    },
  };
}

type Changes = Pick<ModelLibrary, "remove" | "collectGarbage" | "verify" | "measure">;

function createChanges(index: LibraryIndex, door: StoreDoor): Changes {
  return {
    async remove(text) {
      const name = await index.findStored(text);
      const result = await (await door.toWrite()).models.remove(name);
      index.forget();
      return result;
    },
    collectGarbage: async (options) => await (await door.toWrite()).models.collectGarbage(options),
    async *verify(names, { signal }) {
      const stored: string[] = [];
      for (const name of names) stored.push(await index.findStored(name));
      const results = await door.read(async ({ models }) => models.verify(stored, { signal }));
      if (results) yield* results;
    },
    measure: async () => (await door.read(({ models }) => models.measure())) ?? new Map(),
  };
}

/** What was found before may be another model now. */
async function* forgetting(
  index: LibraryIndex,
  work: AsyncIterable<WorkEvent>,
): AsyncGenerator<WorkEvent, void, undefined> {
  for await (const event of work) {
    if (event.type === "done") index.forget();
    yield event;
  }
}

async function createPullerOf(options: LibraryOptions, { blobs }: StoreDoor): Promise<Puller> {
  const { createPuller } = await import("./pull/puller.ts");
  const { registry, huggingFaceEndpoint: endpoint, huggingFaceToken: token, onPullRetry } = options;
  const huggingFace = { endpoint, ...(token !== undefined && { token }) };
  return createPuller({
    ...{ blobs, registry, huggingFace, clock: systemClock },
    ...(onPullRetry && { onRetry: onPullRetry }),
  });
}

/** The record as another model can be made of it. */
async function findToKeep(index: LibraryIndex, door: StoreDoor, text: string) {
  const record = await index.find(text);
  return record && { ...record, layers: await keepLayers(door, record) };
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
