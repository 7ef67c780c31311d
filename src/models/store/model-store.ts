import { AppError } from "../../base/index.ts";
import type { Database, Queries } from "../../store/index.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import { type LockedBlobs, withLockedBlobs } from "../blobs/locked-blobs.ts";
import type { RemoveResult, VerifyResult } from "../library.ts";
import type { ModelRecord } from "../record.ts";
import { changeNames, collectGarbage } from "./free-blobs.ts";
import { createManifest, type Manifest, type ManifestRequest, toRecord } from "./manifest.ts";
import {
  type BlobBytes,
  deleteName,
  dropUnnamed,
  findManifest,
  insertManifest,
  pointName,
  selectBlobBytes,
  selectModels,
} from "./model-table.ts";
import { addUses, type ModelUse, selectUses } from "./use-table.ts";
import { verifyFiles } from "./verify-files.ts";

// A manifest refers to a blob only if the blob is there, for as long as both exist: whoever adds a reference and whoever
// removes a file has the lock of the blobs, and files go after the database has durably forgotten them. A crash in
// between leaves blobs that nothing refers to, which `collectGarbage` frees.

/** How long an unfinished download is kept after it was last worked on. */
const partLifeMs = 7 * 24 * 3_600_000;

export type PutRequest = ManifestRequest & { readonly name: string };

/** Models with a name in this home. Names are canonical already. */
export type ModelStore = {
  /** By name; one query, no file is looked at. */
  list(): Promise<readonly ModelRecord[]>;
  find(name: string): Promise<ModelRecord | undefined>;
  /** Gives a name to a model whose blobs are there; what the name stood for goes, unless another name needs it. */
  put(request: PutRequest): Promise<ModelRecord>;
  copy(from: string, to: string): Promise<void>;
  remove(name: string): Promise<RemoveResult>;
  collectGarbage(options: { readonly all: boolean }): Promise<RemoveResult>;
  /** Without names every blob, also those that nothing refers to. */
  verify(names: readonly string[], options: { readonly signal: AbortSignal }): AsyncIterable<VerifyResult>;
  /** For each name what removing it would free, and what it shares with others. Files in place count in neither. */
  measure(): Promise<ReadonlyMap<string, BlobBytes>>;
  /** Counts uses of any name, stored here or not; the last of them at `atMs`. */
  recordUses(name: string, uses: number, atMs: number): Promise<void>;
  listUses(): Promise<ReadonlyMap<string, ModelUse>>;
};

export type ModelStoreDeps = {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly now?: () => number;
};

export function createModelStore({ database, blobs, now = Date.now }: ModelStoreDeps): ModelStore {
  const { kysely } = database;

  async function find(name: string): Promise<ModelRecord | undefined> {
    const [row] = await selectModels(kysely, name);
    return row && toRecord(row, blobs.pathOf);
  }

  async function list(): Promise<readonly ModelRecord[]> {
    return (await selectModels(kysely)).map((row) => toRecord(row, blobs.pathOf));
  }

  async function point(db: Queries, name: string, id: number): Promise<readonly string[]> {
    const replaced = await findManifest(db, name);
    await pointName(db, name, id, now());
    return replaced === undefined ? [] : dropUnnamed(db, replaced);
  }

  async function put({ name, ...request }: PutRequest): Promise<ModelRecord> {
    const manifest = createManifest(request, blobs.pathOf);
    await withLockedBlobs(blobs.folder, async (locked) => {
      await checkBlobs(name, manifest, locked);
      await changeNames(database, locked, async (db) => {
        const id = await insertManifest(db, manifest, now());
        return point(db, name, id);
      });
      locked.forgetArrivals(manifest.blobs.map(({ digest }) => digest));
    });
    return (await find(name)) ?? notFound(name);
  }

  async function copy(from: string, to: string): Promise<void> {
    await withLockedBlobs(blobs.folder, (locked) =>
      changeNames(database, locked, async (db) => {
        const id = (await findManifest(db, from)) ?? notFound(from);
        return from === to ? [] : point(db, to, id);
      }),
    );
  }

  function remove(name: string): Promise<RemoveResult> {
    return withLockedBlobs(blobs.folder, (locked) =>
      changeNames(database, locked, async (db) => {
        const id = (await findManifest(db, name)) ?? notFound(name);
        await deleteName(db, name);
        return dropUnnamed(db, id);
      }),
    );
  }

  async function* verify(
    names: readonly string[],
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<VerifyResult> {
    for (const name of names) (await findManifest(kysely, name)) ?? notFound(name);
    yield* verifyFiles(list, blobs, names, signal);
  }

  return {
    list,
    find,
    put,
    copy,
    remove,
    verify,
    collectGarbage: ({ all }) => collectGarbage(database, blobs.folder, all ? Infinity : now() - partLifeMs),
    measure: () => selectBlobBytes(kysely),
    recordUses: (name, uses, atMs) => addUses(kysely, name, uses, atMs),
    listUses: () => selectUses(kysely),
  };
}

function notFound(name: string): never {
  throw new AppError("model_not_found", `there is no model ${name} here; see hearth ls`);
}

async function checkBlobs(name: string, { blobs }: Manifest, locked: LockedBlobs): Promise<void> {
  for (const { digest, bytes } of blobs) {
    const size = await locked.size(digest);
    if (size === bytes) continue;
    const found = size === undefined ? "is not in the store" : `has ${size} bytes`;
    const message = `${name} needs ${digest} of ${bytes} bytes, which ${found}; fetch or import it again`;
    throw new AppError(size === undefined ? "not_found" : "model_corrupted", message);
  }
}
