import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../../base/index.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import { diskReserveBytes } from "./limits.ts";

/** Free bytes of the disk that holds a folder. */
export type MeasureFree = (folder: string) => Promise<number>;

const blockBytes = 512;
const bytesPerMb = 1e6;

/** Throws AppError disk_full where the disk cannot take what is missing of some blobs, before any of it is fetched. */
export async function checkDiskSpace(
  blobs: BlobStore,
  files: readonly { readonly key: string; readonly bytes: number }[],
  measure: MeasureFree = measureFree,
): Promise<void> {
  let needed = 0;
  for (const { key, bytes } of files) {
    if ((await blobs.size(key)) !== undefined) continue;
    needed += Math.max(0, bytes - (await allocatedBytes(`${blobs.pathOf(key)}.part`)));
  }
  const free = await measure(blobs.folder);
  if (needed === 0 || needed + diskReserveBytes <= free) return;
  const message =
    `the download needs ${inMb(needed)} more on the disk of ${blobs.folder} and ${inMb(free)} are free; ` +
    "free some space, or set HEARTH_HOME to another disk";
  throw new AppError("disk_full", message, { details: { neededBytes: needed, freeBytes: free } });
}

/** The folder may not be there yet: its disk is that of the nearest one above it. */
export async function measureFree(folder: string): Promise<number> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    } catch (error) {
      if (path === dirname(path)) throw error;
    }
  }
}

async function allocatedBytes(path: string): Promise<number> {
  const status = await stat(path).catch(() => undefined);
  return status ? status.blocks * blockBytes : 0;
}

function inMb(bytes: number): string {
  return `${(bytes / bytesPerMb).toFixed(1)} MB`;
}
