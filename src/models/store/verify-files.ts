import { open } from "node:fs/promises";
import { errnoOf, toDiskError } from "../../base/index.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import { listBlobs } from "../blobs/locked-blobs.ts";
import { hashFile } from "../blobs/read-chunks.ts";
import type { VerifyResult } from "../library.ts";
import type { ModelRecord } from "../record.ts";

/** A file with the digest that it should have. */
type Expected = {
  readonly path: string;
  readonly digest: string;
  readonly bytes: number;
  readonly names: readonly string[];
};

/**
 * Hashes files of models again, one after another: those that the names need, or without names all of them and the blobs
 * that nothing refers to. A model that is removed meanwhile misses nothing.
 */
export async function* verifyFiles(
  list: () => Promise<readonly ModelRecord[]>,
  blobs: BlobStore,
  names: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<VerifyResult> {
  const all = expectFiles(await list());
  const orphans = names.length > 0 ? [] : await expectOrphans(all, blobs);
  const wanted = all.filter((file) => names.length === 0 || file.names.some((name) => names.includes(name)));
  for (const expected of [...wanted, ...orphans]) {
    signal.throwIfAborted();
    const result = await verifyFile(expected, signal);
    if (result.state === "missing" && !(await isNeeded(expected, list))) continue;
    yield result;
  }
}

async function expectOrphans(known: readonly Expected[], blobs: BlobStore): Promise<readonly Expected[]> {
  const paths = new Set(known.map(({ path }) => path));
  const orphans: Expected[] = [];
  for (const digest of await listBlobs(blobs.folder)) {
    const path = blobs.pathOf(digest);
    const bytes = paths.has(path) ? undefined : await blobs.size(digest);
    if (bytes !== undefined) orphans.push({ path, digest, bytes, names: [] });
  }
  return orphans;
}

async function isNeeded(
  { path, digest }: Expected,
  list: () => Promise<readonly ModelRecord[]>,
): Promise<boolean> {
  return expectFiles(await list()).some((file) => file.path === path && file.digest === digest);
}

/** The files of records whose digest is known, each once with all names that need it. */
function expectFiles(records: readonly ModelRecord[]): readonly Expected[] {
  const files = new Map<string, Expected>();
  for (const { name, layers } of records) {
    for (const { path, digest, bytes } of layers) {
      if (digest === undefined) continue;
      const key = `${digest} ${path}`;
      const names = files.get(key)?.names ?? [];
      files.set(key, { path, digest, bytes, names: names.includes(name) ? names : [...names, name] });
    }
  }
  return [...files.values()];
}

/** Reads a file again and says whether it is what it should be. */
async function verifyFile(expected: Expected, signal: AbortSignal): Promise<VerifyResult> {
  const { path, digest, bytes, names } = expected;
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const isWhole = size === bytes && (await hashFile(file, { signal })).digest === digest;
    return { digest, bytes: size, state: isWhole ? "ok" : "changed", names };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return { digest, bytes, state: "missing", names };
    throw toDiskError(`verify ${path}`, error);
  }
}
