import { constants, type Stats } from "node:fs";
import { copyFile, type FileHandle, link, lstat, open, realpath, rm, statfs } from "node:fs/promises";
import { AppError, toDiskError } from "../../base/index.ts";
import { digestOf } from "./digest.ts";
import { type FileDigest, hashFile, type ReadOptions, readChunks } from "./read-chunks.ts";
import { writeFully } from "./write-fully.ts";

// A hard link shares its bytes with the file that it was made from. It is made only of a file that nobody but this user
// can write, and what is hashed is the link itself, so replacing the original later changes nothing here. Writing into
// the original in place would change the blob: `verify` finds that. Programs replace model files; they do not edit them.

export type TakenFile = FileDigest & { readonly how: "hard-link" | "reflink" | "copy" };

const privateMode = 0o600;
const othersWrite = 0o022;
/** Left free on the disk, so that the database and logs go on. */
const spareBytes = 64 << 20;

/** Brings a file to a new path by the cheapest way that works, synced, and hashes it. */
export async function takeFile(path: string, target: string, options: ReadOptions): Promise<TakenFile> {
  try {
    const real = await realpath(path);
    await checkRegular(path, await lstat(real));
    await using source = await open(real, constants.O_RDONLY | constants.O_NONBLOCK);
    const before = await source.stat();
    await checkRegular(path, before);
    const how = await place(real, before, target);
    const taken = how === "copy" ? await copy(source, before, target, options) : await hash(target, options);
    const after = await source.stat();
    if (taken.bytes !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
      const message = `${path} changed while it was read; wait until whatever writes it is done, then try again`;
      throw new AppError("conflict", message);
    }
    return { ...taken, how };
  } catch (error) {
    throw toDiskError(`take in ${path}`, error);
  }
}

async function checkRegular(path: string, status: Stats): Promise<void> {
  if (status.isFile()) return;
  throw new AppError("invalid_request", `${path} is not a regular file; give the path of a model file`);
}

/** Links or reflinks; "copy" where neither works and the bytes are still to be copied. */
async function place(real: string, source: Stats, target: string): Promise<TakenFile["how"]> {
  if (isOursAlone(source) && (await tryLink(real, source, target))) return "hard-link";
  if (await succeeds(copyFile(real, target, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL))) {
    return "reflink";
  }
  await rm(target, { force: true });
  return "copy";
}

function isOursAlone(source: Stats): boolean {
  return source.uid === process.geteuid?.() && (source.mode & othersWrite) === 0;
}

/** False too where another file stood at the path by the time of the link. */
async function tryLink(real: string, source: Stats, target: string): Promise<boolean> {
  if (!(await succeeds(link(real, target)))) return false;
  const linked = await lstat(target);
  if (linked.ino === source.ino && linked.dev === source.dev) return true;
  await rm(target, { force: true });
  return false;
}

/** File systems refuse links and reflinks with many errors; each means that the next way is tried. */
async function succeeds(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

async function hash(path: string, options: ReadOptions): Promise<FileDigest> {
  await using file = await open(path, "r");
  const found = await hashFile(file, options);
  await file.sync();
  return found;
}

async function copy(
  source: FileHandle,
  { size }: Stats,
  target: string,
  { signal, onProgress }: ReadOptions,
): Promise<FileDigest> {
  await using file = await open(target, "wx", privateMode);
  const { bavail, bsize } = await statfs(target);
  if (bavail * bsize < size + spareBytes) {
    const message = `the copy needs ${size} bytes but the disk has ${bavail * bsize}; free some space, set HEARTH_HOME to another disk, or use --in-place`;
    throw new AppError("disk_full", message, { details: { needed: size, free: bavail * bsize } });
  }
  const hasher = new Bun.CryptoHasher("sha256");
  let bytes = 0;
  for await (const chunk of readChunks(source, signal)) {
    hasher.update(chunk);
    await writeFully(file, bytes, chunk);
    bytes += chunk.byteLength;
    onProgress?.(bytes);
  }
  await file.sync();
  return { digest: digestOf(hasher.digest("hex")), bytes };
}
