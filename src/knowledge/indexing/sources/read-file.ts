import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, realpath } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { errnoOf } from "../../../base/index.ts";
import type { SkipReason } from "../index-types.ts";
import { explainFault } from "./file-fault.ts";

const readBytes = 1_048_576;

export type FileStamp = { readonly bytes: number; readonly modifiedAtMs: number; readonly inode: number };

export type ReadFile =
  | { readonly type: "file"; readonly bytes: Uint8Array; readonly stamp: FileStamp }
  | { readonly type: "skipped"; readonly reason: SkipReason; readonly detail: string };

export type FolderReader = {
  /** Of a file by its path from the root; undefined where it cannot be had. */
  stamp(source: string): Promise<FileStamp | undefined>;
  /** Whether no file is there any more. One that cannot be looked at is not gone. */
  isGone(source: string): Promise<boolean>;
  /** Neither opens what is no file nor follows a link out of the root. */
  read(source: string, signal: AbortSignal): Promise<ReadFile>;
};

/** Reads files below a real path; what is listed may have changed since, so all is looked at again. */
export function createFolderReader(root: string, { maxBytes }: { readonly maxBytes: number }): FolderReader {
  let checked = "";
  async function isInside(path: string): Promise<boolean> {
    const folder = dirname(path);
    if (folder === checked) return true;
    const real = await realpath(folder);
    const isBelow = real === root || real.startsWith(root.endsWith(sep) ? root : root + sep);
    if (isBelow) checked = folder;
    return isBelow;
  }
  return {
    async stamp(source) {
      try {
        return toStamp(await lstat(join(root, source)));
      } catch (error) {
        if (errnoOf(error) === undefined) throw error;
        return undefined;
      }
    },
    async isGone(source) {
      try {
        return !(await lstat(join(root, source))).isFile();
      } catch (error) {
        if (errnoOf(error) === undefined) throw error;
        return explainFault(error).reason === "vanished";
      }
    },
    async read(source, signal) {
      const path = join(root, source);
      try {
        if (!(await isInside(path))) {
          return { type: "skipped", reason: "link", detail: "a link on its path leads out of the folder" };
        }
        await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
        return await readOpened(file, maxBytes, signal);
      } catch (error) {
        if (errnoOf(error) === undefined || signal.aborted) throw error;
        return { type: "skipped", ...explainFault(error) };
      }
    },
  };
}

async function readOpened(file: FileHandle, maxBytes: number, signal: AbortSignal): Promise<ReadFile> {
  const status = await file.stat();
  if (!status.isFile()) return { type: "skipped", reason: "not_a_file", detail: "it is no file" };
  if (status.size > maxBytes) return tooLarge(status.size, maxBytes);
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    signal.throwIfAborted();
    const part = new Uint8Array(Math.min(readBytes, Math.max(status.size - size, 1)));
    const { bytesRead } = await file.read(part, 0, part.length);
    if (bytesRead === 0) break;
    size += bytesRead;
    // It grows while it is read.
    if (size > maxBytes) return tooLarge(size, maxBytes);
    parts.push(part.subarray(0, bytesRead));
  }
  return { type: "file", bytes: Buffer.concat(parts), stamp: toStamp(status) };
}

function tooLarge(bytes: number, maxBytes: number): ReadFile {
  const detail = `it has ${bytes} bytes, and at most ${maxBytes} are read`;
  return { type: "skipped", reason: "too_large", detail };
}

function toStamp(status: Stats): FileStamp {
  return { bytes: status.size, modifiedAtMs: status.mtimeMs, inode: status.ino };
}
