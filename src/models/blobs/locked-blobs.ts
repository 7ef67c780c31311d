import { lstat, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ensureOwnFolder, errnoOf, toDiskError } from "../../base/index.ts";
import type { RemoveResult } from "../library.ts";
import { digestOf, hexOf } from "./digest.ts";
import { tryLockFile } from "./file-lock.ts";
import { forgetArrivals, lockCollection, readHeld } from "./holds.ts";
import { syncFolder } from "./sync-folder.ts";

/**
 * The blobs while no other process can remove one or add a hold. Who decides what to remove reads `held` first and what
 * refers to blobs afterwards: a hold ends only once its manifest is in.
 */
export type LockedBlobs = {
  /** Digests that a living process needs though nothing may refer to them yet. */
  readonly held: ReadonlySet<string>;
  size(digest: string): Promise<number | undefined>;
  /** Digests of all blobs. */
  list(): Promise<readonly string[]>;
  /** Removes blobs, those that are not there excepted. */
  remove(digests: readonly string[]): Promise<RemoveResult>;
  /** Removes unfinished files that nobody is writing and that were last changed before a time. */
  removeParts(options: { readonly changedBeforeMs: number }): Promise<RemoveResult>;
  /** Says that a manifest refers to these now: those that have just come in need no hold any more. */
  forgetArrivals(digests: readonly string[]): void;
};

const blobPattern = /^sha256-([0-9a-f]{64})$/;
const partPattern =
  /^((?:sha256-([0-9a-f]{64})|incoming-[0-9a-f]{24})\.part)(?:\.(?:json|journal)(?:\.new)?|\.lock)?$/;
const blockBytes = 512;

/** Runs work as the only one among all processes that may remove blobs. */
export async function withLockedBlobs<T>(
  folder: string,
  work: (blobs: LockedBlobs) => Promise<T>,
): Promise<T> {
  ensureOwnFolder(folder);
  using _ = await lockCollection(folder);
  const held = readHeld(folder);
  return await work({
    held,
    async size(digest) {
      const status = await stat(pathIn(folder, digest)).catch(() => undefined);
      return status?.isFile() ? status.size : undefined;
    },
    list: () => listBlobs(folder),
    remove: (digests) => removeBlobs(folder, digests),
    removeParts: ({ changedBeforeMs }) => removeParts(folder, held, changedBeforeMs),
    forgetArrivals: (digests) => forgetArrivals(folder, digests),
  });
}

/** Digests of all blobs in a folder. */
export async function listBlobs(folder: string): Promise<readonly string[]> {
  return (await readNames(folder)).flatMap((name) => {
    const hex = blobPattern.exec(name)?.[1];
    return hex === undefined ? [] : [digestOf(hex)];
  });
}

function pathIn(folder: string, digest: string): string {
  return join(folder, `sha256-${hexOf(digest)}`);
}

async function readNames(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw toDiskError(`list ${folder}`, error);
  }
}

async function removeBlobs(folder: string, digests: readonly string[]): Promise<RemoveResult> {
  let freedBytes = 0;
  let removedBlobs = 0;
  for (const digest of digests) {
    const freed = await removeFile(pathIn(folder, digest));
    if (freed === undefined) continue;
    freedBytes += freed;
    removedBlobs++;
  }
  if (removedBlobs > 0) await syncFolder(folder);
  return { freedBytes, removedBlobs };
}

/** Bytes that the disk gets back: none for a file that has another name too. Undefined where there is no file. */
async function removeFile(path: string): Promise<number | undefined> {
  try {
    const status = await lstat(path);
    await rm(path);
    return status.nlink > 1 ? 0 : Math.min(status.size, status.blocks * blockBytes);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw toDiskError(`remove ${path}`, error);
  }
}

async function removeParts(
  folder: string,
  held: ReadonlySet<string>,
  changedBeforeMs: number,
): Promise<RemoveResult> {
  const parts = new Map<string, string | undefined>();
  for (const name of await readNames(folder)) {
    const [, part, hex] = partPattern.exec(name) ?? [];
    if (part !== undefined) parts.set(part, hex);
  }
  let freedBytes = 0;
  let removedBlobs = 0;
  for (const [part, hex] of parts) {
    if (hex !== undefined && held.has(digestOf(hex))) continue;
    const freed = await removePart(join(folder, part), changedBeforeMs);
    if (freed === undefined) continue;
    freedBytes += freed;
    removedBlobs++;
  }
  return { freedBytes, removedBlobs };
}

/** The claims go before the bytes. Undefined where somebody writes it, it is too young, or only crumbs were left of it. */
async function removePart(path: string, changedBeforeMs: number): Promise<number | undefined> {
  using lock = tryLockFile(`${path}.lock`);
  if (!lock) return undefined;
  const status = await lstat(path).catch(() => undefined);
  if (status && status.mtimeMs >= changedBeforeMs) return undefined;
  for (const claims of ["json.new", "json", "journal.new", "journal"])
    await rm(`${path}.${claims}`, { force: true });
  return await removeFile(path);
}
