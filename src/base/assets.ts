import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { AppError } from "./errors.ts";

/** A file that the executable carries. */
export type Asset = {
  readonly name: string;
  /** Where the runtime keeps it; its embedded name changes with its content. */
  readonly source: string;
};

const stampName = "stamp.json";
const privateMode = 0o700;
const othersWrite = 0o002;
const folderHashChars = 16;

type Stamp = {
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
};

/**
 * Copies assets to `<home>/cache/<group>-<hash>` and returns that folder. What is there already, complete and
 * stamped, is used as it is. Each file appears whole or not at all, whoever else is unpacking at the same time.
 */
export async function unpackAssets(home: string, group: string, assets: readonly Asset[]): Promise<string> {
  const sources = assets.map((asset) => ({ ...asset, bytes: Bun.file(asset.source).size }));
  const identity = createHash("sha256")
    .update(JSON.stringify(sources))
    .digest("hex")
    .slice(0, folderHashChars);
  const cache = join(home, "cache");
  const folder = join(cache, `${group}-${identity}`);
  try {
    for (const path of [home, cache, folder]) ensureOwnFolder(path);
    const stamp = readStamp(folder);
    if (stamp && sources.every(({ name, bytes }) => isWhole(folder, name, bytes, stamp))) return folder;
    const files: Record<string, { bytes: number; sha256: string }> = {};
    for (const { name, source } of sources) files[name] = await unpackOne(folder, name, source);
    writeWhole(folder, stampName, Buffer.from(JSON.stringify({ files } satisfies Stamp)));
    return folder;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot unpack ${group} files to ${folder}: ${reason}; set HEARTH_HOME to a folder that can be written`;
    throw new AppError("server_error", message, { cause });
  }
}

/** Makes a folder that only this user can write, or refuses one that somebody else prepared. */
export function ensureOwnFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: privateMode });
  const status = statSync(path);
  const user = process.geteuid?.();
  const isForeign = user !== undefined && status.uid !== user && status.uid !== 0;
  if (!isForeign && (status.mode & othersWrite) === 0) return;
  const message = `${path} can be changed by other users; make it your own (chown, chmod 700) or set HEARTH_HOME to another folder`;
  throw new AppError("forbidden", message);
}

function isWhole(folder: string, name: string, bytes: number, stamp: Stamp): boolean {
  try {
    const status = lstatSync(join(folder, name));
    return status.isFile() && status.size === bytes && stamp.files[name]?.bytes === bytes;
  } catch {
    return false;
  }
}

function readStamp(folder: string): Stamp | undefined {
  try {
    const stamp: unknown = JSON.parse(readFileSync(join(folder, stampName), "utf8"));
    return isStamp(stamp) ? stamp : undefined;
  } catch {
    return undefined;
  }
}

function isStamp(value: unknown): value is Stamp {
  return typeof value === "object" && value !== null && "files" in value && typeof value.files === "object";
}

async function unpackOne(
  folder: string,
  name: string,
  source: string,
): Promise<{ bytes: number; sha256: string }> {
  const content = await Bun.file(source).bytes();
  const path = writeWhole(folder, name, content);
  const sha256 = hashOf(content);
  if (hashOf(readFileSync(path)) !== sha256) {
    throw new AppError(
      "server_error",
      `${path} does not hold what was written; check the disk, or set HEARTH_HOME`,
    );
  }
  return { bytes: content.byteLength, sha256 };
}

function hashOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Writes under a temporary name, syncs, then renames: the file is never seen in part. Returns its path. */
export function writeWhole(folder: string, name: string, content: Uint8Array, mode = privateMode): string {
  const path = join(folder, name);
  const temporary = `${path}.${process.pid}-${crypto.randomUUID()}.part`;
  try {
    const descriptor = openSync(temporary, "wx", mode);
    try {
      for (let written = 0; written < content.byteLength; )
        written += writeSync(descriptor, content, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    chmodSync(temporary, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return path;
}
