import { createHash } from "node:crypto";
import { AppError } from "../base/index.ts";
import {
  builtInModel,
  type CreateRequest,
  countBytes,
  describeFile,
  type ModelLayer,
  type ModelLibrary,
  type ModelRecord,
  readOllamaParameters,
  type WorkEvent,
} from "../models/index.ts";
import { summarizeFake } from "./fake-residency.ts";

/** What happens while a model is pulled. */
export type FakePullStep =
  | Exclude<WorkEvent, { type: "done" }>
  | { readonly fail: AppError }
  /** Waits until the promise resolves or the pull is aborted. */
  | { readonly until: Promise<void> };

export type FakeLibraryOptions = {
  /** Models that are there, as `createFakeRecord` makes them. */
  readonly names?: readonly string[];
  readonly records?: readonly ModelRecord[];
  readonly damage?: AppError;
  readonly problems?: ReturnType<ModelLibrary["problems"]>;
  /** What can be pulled, and how that goes; every other reference is not found. */
  readonly pulls?: Readonly<Record<string, readonly FakePullStep[]>>;
};

export type FakeLibrary = ModelLibrary & {
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  readonly creations: readonly CreateRequest[];
  /** Pulls that have not ended. */
  readonly pulling: number;
};

const fakeContextTokens = 4096;
const createdAtMs = Date.UTC(2026, 0, 2, 3, 4, 5);

export function createFakeRecord(name: string, changes: Partial<ModelRecord> = {}): ModelRecord {
  const digest = digestOf(Buffer.from(name));
  return {
    name,
    source: name === builtInModel ? "built-in" : "pulled",
    digest,
    layers: [{ role: "model", digest, bytes: 1_000_000, path: `/blobs/${digest.replace(":", "-")}` }],
    settings: {},
    summary: summarizeFake(fakeContextTokens),
    createdAtMs,
    modifiedAtMs: createdAtMs,
    uses: 0,
    ...changes,
  };
}

type State = {
  readonly records: Map<string, ModelRecord>;
  readonly blobs: Map<string, Uint8Array>;
  readonly creations: CreateRequest[];
  pulling: number;
};

/**
 * A library whose records and blobs are in memory. Names, digests, parameters and imported files are checked as they are
 * in a real one; a pull follows its script.
 */
export function createFakeLibrary(options: FakeLibraryOptions = {}): FakeLibrary {
  const { names = [], records = [], pulls = {} } = options;
  const given = [...names.map((name) => createFakeRecord(name)), ...records];
  const state: State = {
    records: new Map(given.map((record) => [record.name, record])),
    blobs: new Map(),
    creations: [],
    pulling: 0,
  };
  return {
    ...createRecordMethods(state),
    ...createWorkMethods(state, pulls),
    ...createBlobMethods(state),
    configured: names,
    damage: () => options.damage,
    problems: () => options.problems ?? [],
    async inspect(reference) {
      throw new AppError("model_not_found", `model "${reference}" is at no registry either`);
    },
    blobs: state.blobs,
    creations: state.creations,
    get pulling() {
      return state.pulling;
    },
    close: async () => {},
  };
}

function findRecord({ records }: State, name: string): ModelRecord | undefined {
  return records.get(name) ?? records.get(`${name}:latest`);
}

function getRecord(state: State, name: string): ModelRecord {
  const record = findRecord(state, name);
  if (record) return record;
  throw new AppError("model_not_found", `model "${name}" not found`);
}

type RecordMethods = Pick<ModelLibrary, "list" | "find" | "copy" | "remove" | "measure" | "recordUse">;

function createRecordMethods(state: State): RecordMethods {
  const { records, blobs } = state;
  return {
    list: async () => [...records.values()].sort((left, right) => (left.name < right.name ? -1 : 1)),
    find: async (name) => findRecord(state, name),
    async copy(from, to) {
      records.set(to, { ...getRecord(state, from), name: to });
    },
    async remove(name) {
      const record = getRecord(state, name);
      if (record.source === "built-in") throw new AppError("forbidden", `"${name}" is built in and stays.`);
      records.delete(record.name);
      const freed = record.layers.filter(({ digest }) => countUsers(state, digest) === 0);
      for (const { digest = "" } of freed) blobs.delete(digest);
      return { freedBytes: countBytes({ layers: freed }), removedBlobs: freed.length };
    },
    async measure() {
      return new Map(Array.from(records.values(), (record) => [record.name, measureRecord(state, record)]));
    },
    recordUse(name) {
      const record = findRecord(state, name);
      if (record) records.set(record.name, { ...record, lastUsedAtMs: Date.now(), uses: record.uses + 1 });
    },
  };
}

function countUsers({ records }: State, digest: string | undefined): number {
  return [...records.values()].filter(({ layers }) => layers.some((layer) => layer.digest === digest)).length;
}

function measureRecord(state: State, record: ModelRecord) {
  const own = record.layers.filter(({ digest }) => countUsers(state, digest) === 1);
  const ownBytes = countBytes({ layers: own });
  return { ownBytes, sharedBytes: countBytes(record) - ownBytes };
}

type WorkMethods = Pick<ModelLibrary, "pull" | "create" | "import">;

function createWorkMethods(state: State, pulls: NonNullable<FakeLibraryOptions["pulls"]>): WorkMethods {
  const add = (record: ModelRecord): WorkEvent => {
    state.records.set(record.name, record);
    return { type: "done", record };
  };
  return {
    async *pull(reference, { signal }) {
      state.pulling++;
      try {
        yield { type: "status", status: "pulling manifest" };
        const steps = pulls[reference];
        if (!steps) throw new AppError("model_not_found", `model "${reference}" not found`);
        yield* playPull(steps, signal);
        yield add(createFakeRecord(reference));
      } finally {
        state.pulling--;
      }
    },
    async *create(request) {
      state.creations.push(request);
      const record = makeRecord(state, request);
      yield { type: "status", status: "writing manifest" };
      yield add(record);
    },
    async *import(path, { name }) {
      yield add(describeFile(path, { name: name ?? "imported", source: "imported" }));
    },
  };
}

async function* playPull(steps: readonly FakePullStep[], signal: AbortSignal): AsyncGenerator<WorkEvent> {
  for (const step of steps) {
    if ("fail" in step) throw step.fail;
    if ("until" in step) await untilOrAbort(step.until, signal);
    else yield step;
    if (signal.aborted) throw new AppError("cancelled", "The pull was cancelled.");
  }
}

function makeRecord(state: State, { name, from, files, adapters, settings }: CreateRequest): ModelRecord {
  const { unknown } = readOllamaParameters(settings.parameters ?? {});
  if (unknown.length > 0)
    throw new AppError("invalid_request", `there is no parameter ${unknown.join(", ")}`);
  const base = from === undefined ? undefined : getRecord(state, from);
  const toLayers = (given: CreateRequest["files"], role: ModelLayer["role"]) =>
    Object.values(given ?? {}).map((digest) => toLayer(state, digest, role));
  const own = toLayers(files, "model");
  return createFakeRecord(name, {
    source: "created",
    layers: [...(base?.layers ?? own), ...toLayers(adapters, "adapter")],
    settings: { ...base?.settings, ...settings },
  });
}

function toLayer({ blobs }: State, digest: string, role: ModelLayer["role"]): ModelLayer {
  const blob = blobs.get(digest);
  if (!blob) throw new AppError("invalid_request", `there is no blob ${digest}; upload it first`);
  return { role, digest, bytes: blob.byteLength, path: `/blobs/${digest}` };
}

type BlobMethods = Pick<ModelLibrary, "collectGarbage" | "verify" | "hasBlob" | "writeBlob">;

function createBlobMethods(state: State): BlobMethods {
  const { records, blobs } = state;
  return {
    async collectGarbage() {
      const freed = [...blobs].filter(([digest]) => countUsers(state, digest) === 0);
      for (const [digest] of freed) blobs.delete(digest);
      return {
        freedBytes: freed.reduce((sum, [, bytes]) => sum + bytes.byteLength, 0),
        removedBlobs: freed.length,
      };
    },
    async *verify(names) {
      const wanted = names.length === 0 ? [...records.values()] : names.map((name) => getRecord(state, name));
      for (const record of wanted)
        for (const { digest = "", bytes } of record.layers)
          yield { digest, bytes, state: "ok" as const, names: [record.name] };
    },
    hasBlob: async (digest) => blobs.has(digest),
    async writeBlob(digest, bytes, signal) {
      const parts: Uint8Array[] = [];
      for await (const part of bytes) {
        if (signal.aborted) throw new AppError("cancelled", "The upload was cancelled.");
        parts.push(part);
      }
      const blob = Buffer.concat(parts);
      const found = digestOf(blob);
      if (found !== digest) throw new AppError("model_corrupted", `the bytes are ${found}, not ${digest}`);
      blobs.set(digest, blob);
    },
  };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function untilOrAbort(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => aborted.resolve(), { once: true });
  if (!signal.aborted) await Promise.race([promise, aborted.promise]);
}
