import type { BlobPart } from "../blobs/blob-store.ts";
import type { Piece } from "../blobs/piece-record.ts";
import { addPiece, countPieces, endOfPieceAt } from "../blobs/pieces.ts";
import { checkpointBytes } from "./limits.ts";
import { createRunningDigest, type RunningDigest } from "./running-digest.ts";

/** A part that is being filled: what is written is noted at once, synced now and then, and hashed as it comes. */
export type WrittenPieces = AsyncDisposable & {
  readonly pieces: readonly Piece[];
  readonly bytes: number;
  /** Grows with every byte that was not there before, also after a reset. */
  readonly progress: number;
  /** Bytes that are there already stay as they are: they may be hashed, and the digest must be that of the file. */
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** Syncs and records what is there; what was noted stays noted where that fails. */
  save(): Promise<void>;
  /** The digest of the whole; waits for what is missing. */
  digest(signal: AbortSignal): Promise<string>;
};

export async function createWrittenPieces(part: BlobPart, total: number): Promise<WrittenPieces> {
  let pieces = part.pieces;
  let progress = 0;
  let unsynced = 0;
  let syncing: Promise<void> | undefined;
  let syncFailure: unknown;
  const running: RunningDigest = await createRunningDigest(part.path, total, () => pieces);

  function sync(): void {
    if (syncing || unsynced < checkpointBytes) return;
    unsynced = 0;
    syncing = part
      .checkpoint(pieces)
      .catch((error: unknown) => {
        syncFailure = error;
      })
      .finally(() => {
        syncing = undefined;
      });
  }

  async function fill(position: number, bytes: Uint8Array): Promise<void> {
    if (syncFailure !== undefined) throw syncFailure;
    const written = part.write(position, bytes);
    running.offer(position, bytes);
    await written;
    const piece: Piece = [position, position + bytes.byteLength];
    const before = countPieces(pieces);
    pieces = addPiece(pieces, piece);
    const grown = countPieces(pieces) - before;
    part.note(piece);
    progress += grown;
    unsynced += grown;
    running.wake();
    sync();
  }

  return {
    get pieces() {
      return pieces;
    },
    get bytes() {
      return countPieces(pieces);
    },
    get progress() {
      return progress;
    },
    async write(position, bytes) {
      const end = position + bytes.byteLength;
      let start = endOfPieceAt(pieces, position);
      while (start < end) {
        const stop = Math.min(startOfPieceAfter(pieces, start), end);
        await fill(start, bytes.subarray(start - position, stop - position));
        start = endOfPieceAt(pieces, stop);
      }
    },
    async save() {
      await syncing;
      if (pieces.length > 0) await part.checkpoint(pieces).catch(() => undefined);
    },
    digest: (signal) => running.follow(signal),
    async [Symbol.asyncDispose]() {
      await syncing;
      await running[Symbol.asyncDispose]();
    },
  };
}

function startOfPieceAfter(pieces: readonly Piece[], position: number): number {
  return pieces.find(([start]) => start > position)?.[0] ?? Number.POSITIVE_INFINITY;
}
