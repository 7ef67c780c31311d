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

/** A library whose records and blobs are in memory; names, digests, parameters and files are checked as they are in a real one. */
export function createFakeLibrary(options: FakeLibraryOptions = {}): FakeLibrary {
  const records = new Map<string, ModelRecord>();
  const blobs = new Map<string, Uint8Array>();
  const creations: CreateRequest[] = [];
  let pulling = 0;
  for (const record of [
    ...(options.names ?? []).map((name) => createFakeRecord(name)),
    ...(options.records ?? []),
  ])
    records.set(record.name, record);

  const find = (name: string) => records.get(name) ?? records.get(`${name}:latest`);
  const get = (name: string): ModelRecord => {
    const record = find(name);
    if (record) return record;
    throw new AppError("model_not_found", `model "${name}" not found`);
  };
  const add = (record: ModelRecord): WorkEvent => {
    records.set(record.name, record);
    return { type: "done", record };
  };

  async function* pull(reference: string, { signal }: { signal: AbortSignal }): AsyncGenerator<WorkEvent> {
    const steps = options.pulls?.[reference];
    pulling++;
    try {
      yield { type: "status", status: "pulling manifest" };
      if (!steps) throw new AppError("model_not_found", `model "${reference}" not found`);
      for (const step of steps) {
        if ("fail" in step) throw step.fail;
        if ("until" in step) await untilOrAbort(step.until, signal);
        else yield step;
        if (signal.aborted) throw new AppError("cancelled", "The pull was cancelled.");
      }
      yield add(createFakeRecord(reference));
    } finally {
      pulling--;
    }
  }

  async function* create(request: CreateRequest): AsyncGenerator<WorkEvent> {
    creations.push(request);
    checkParameters(request);
    const base = request.from === undefined ? undefined : get(request.from);
    const layers = Object.values(request.files ?? {}).map((digest) => getLayer(digest));
    const adapters = Object.values(request.adapters ?? {}).map((digest) => getLayer(digest, "adapter"));
    yield { type: "status", status: "writing manifest" };
    const { name } = request;
    yield add(
      createFakeRecord(name, {
        source: "created",
        layers: [...(base?.layers ?? layers), ...adapters],
        settings: { ...base?.settings, ...request.settings },
      }),
    );
  }

  const getLayer = (digest: string, role: ModelLayer["role"] = "model"): ModelLayer => {
    const blob = blobs.get(digest);
    if (!blob) throw new AppError("invalid_request", `there is no blob ${digest}; upload it first`);
    return { role, digest, bytes: blob.byteLength, path: `/blobs/${digest}` };
  };

  return {
    configured: options.names ?? [],
    blobs,
    creations,
    get pulling() {
      return pulling;
    },
    list: async () => [...records.values()].sort((left, right) => (left.name < right.name ? -1 : 1)),
    find: async (name) => find(name),
    pull,
    create,
    async *import(path, { name }) {
      yield add(describeFile(path, { name: name ?? "imported", source: "imported" }));
    },
    async copy(from, to) {
      const record = get(from);
      records.set(to, { ...record, name: to });
    },
    async remove(name) {
      const record = get(name);
      if (record.source === "built-in") throw new AppError("forbidden", `"${name}" is built in and stays.`);
      records.delete(record.name);
      const kept = new Set([...records.values()].flatMap(({ layers }) => layers.map(({ digest }) => digest)));
      const freed = record.layers.filter(({ digest }) => !kept.has(digest));
      for (const { digest = "" } of freed) blobs.delete(digest);
      return { freedBytes: countBytes({ layers: freed }), removedBlobs: freed.length };
    },
    async collectGarbage() {
      const kept = new Set([...records.values()].flatMap(({ layers }) => layers.map(({ digest }) => digest)));
      const freed = [...blobs].filter(([digest]) => !kept.has(digest));
      for (const [digest] of freed) blobs.delete(digest);
      return {
        freedBytes: freed.reduce((sum, [, bytes]) => sum + bytes.byteLength, 0),
        removedBlobs: freed.length,
      };
    },
    async *verify(names) {
      for (const record of names.length === 0 ? records.values() : names.map(get)) {
        for (const { digest = "", bytes } of record.layers)
          yield { digest, bytes, state: "ok" as const, names: [record.name] };
      }
    },
    async measure() {
      const countUsers = (digest: string | undefined) =>
        [...records.values()].filter(({ layers }) => layers.some((layer) => layer.digest === digest)).length;
      return new Map(
        Array.from(records.values(), (record) => {
          const own = record.layers.filter(({ digest }) => countUsers(digest) === 1);
          const ownBytes = countBytes({ layers: own });
          return [record.name, { ownBytes, sharedBytes: countBytes(record) - ownBytes }];
        }),
      );
    },
    recordUse(name) {
      const record = find(name);
      if (record) records.set(record.name, { ...record, lastUsedAtMs: Date.now(), uses: record.uses + 1 });
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
    close: async () => {},
  };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function checkParameters({ settings }: CreateRequest): void {
  const { unknown } = readOllamaParameters(settings.parameters ?? {});
  if (unknown.length > 0)
    throw new AppError("invalid_request", `there is no parameter ${unknown.join(", ")}`);
}

async function untilOrAbort(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => aborted.resolve(), { once: true });
  if (!signal.aborted) await Promise.race([promise, aborted.promise]);
}
