import { AppError } from "../../base/index.ts";
import type { BlobPart, BlobStore } from "../blobs/blob-store.ts";
import { countPieces } from "../blobs/pieces.ts";
import type { Timing } from "./backoff.ts";
import { downloadMissing } from "./download-blob.ts";
import { ChangedFailure } from "./http-errors.ts";
import { maxFreshStarts, waitNoticeMs } from "./limits.ts";
import type { PlannedFile } from "./pull-plan.ts";
import type { Slots } from "./slots.ts";
import { createWrittenPieces, type WrittenPieces } from "./written-pieces.ts";

export type FetchBlobOptions = Timing & {
  readonly blobs: BlobStore;
  readonly slots: Slots;
  readonly signal: AbortSignal;
  readonly onProgress: (completedBytes: number) => void;
  readonly onStatus: (status: string) => void;
};

/**
 * Brings one file into the store, from what is there of it already, and returns its digest. Where kept bytes turn out
 * to be wrong it begins anew once. Throws ChangedFailure where the file is no longer the one that was planned.
 */
export async function fetchBlob(file: PlannedFile, options: FetchBlobOptions): Promise<string> {
  for (let freshStarts = 0; ; freshStarts += 1) {
    try {
      return await fetchOnce(file, options);
    } catch (error) {
      if (!(error instanceof StaleParts)) throw error;
      if (freshStarts >= maxFreshStarts) throw error.cause;
      options.onStatus(`${error.message}; downloading it from zero`);
    }
  }
}

/** Bytes kept from an earlier run gave a wrong digest. */
class StaleParts extends Error {
  constructor(cause: AppError) {
    super(cause.message, { cause });
    this.name = "StaleParts";
  }
}

async function fetchOnce(file: PlannedFile, options: FetchBlobOptions): Promise<string> {
  const { blobs, clock, onStatus, signal } = options;
  const { digest, key, remote } = file;
  if (digest !== undefined && (await blobs.size(digest)) !== undefined) return digest;
  const cancelNotice = clock.schedule(waitNoticeMs, () =>
    onStatus(`waiting for another process that is downloading ${remote.label}`),
  );
  const opened = await blobs.openPart(key, signal).finally(cancelNotice);
  if (!opened) return key;
  await using part = opened;
  const lastEnd = part.pieces.at(-1)?.[1] ?? 0;
  if (lastEnd > remote.bytes) await part.reset();
  return await fillPart(part, file, options);
}

async function fillPart(part: BlobPart, file: PlannedFile, options: FetchBlobOptions): Promise<string> {
  const kept = countPieces(part.pieces);
  await using written = await createWrittenPieces(part, file.remote.bytes);
  options.onProgress(kept);
  const hashed = await downloadAndHash(part, file, written, options);
  return await commit(part, file, hashed, kept, options);
}

async function downloadAndHash(
  part: BlobPart,
  { remote }: PlannedFile,
  written: WrittenPieces,
  options: FetchBlobOptions,
): Promise<string> {
  const controller = new AbortController();
  const signal = AbortSignal.any([options.signal, controller.signal]);
  const hashing = written.digest(signal);
  const downloading = downloadMissing(remote, written, { ...options, signal });
  try {
    await Promise.all([downloading, hashing]);
    return await hashing;
  } catch (error) {
    controller.abort(error);
    await Promise.allSettled([downloading, hashing]);
    if (error instanceof ChangedFailure) await part.reset();
    else await written.save();
    throw error;
  }
}

async function commit(
  part: BlobPart,
  { digest }: PlannedFile,
  hashed: string,
  keptBytes: number,
  { blobs, signal }: FetchBlobOptions,
): Promise<string> {
  if (digest === undefined) {
    await using _ = await blobs.hold([hashed]);
    return await part.commit({ hashed, isProvisional: true, signal });
  }
  try {
    return await part.commit({ hashed, signal });
  } catch (error) {
    if (error instanceof AppError && error.code === "model_corrupted" && keptBytes > 0)
      throw new StaleParts(error);
    throw error;
  }
}
