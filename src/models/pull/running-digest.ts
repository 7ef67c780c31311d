import { type FileHandle, open } from "node:fs/promises";
import type { Piece } from "../blobs/piece-record.ts";
import { endOfPieceAt } from "../blobs/pieces.ts";

const readBytes = 1 << 20;

/**
 * The SHA-256 of a file that is being written, kept up as far as its bytes are there from the start on: bytes that come
 * in order are hashed from memory, others are read back once those before them are there.
 */
export type RunningDigest = AsyncDisposable & {
  /** Takes bytes that are the next ones; leaves others to `follow`. */
  offer(position: number, bytes: Uint8Array): void;
  /** Hashes what is on disk, until the whole is; waits for `pieces` to grow. */
  follow(signal: AbortSignal): Promise<string>;
  /** Says that `pieces` grew. */
  wake(): void;
};

export async function createRunningDigest(
  path: string,
  total: number,
  pieces: () => readonly Piece[],
): Promise<RunningDigest> {
  const file = await open(path, "r");
  const hash = new Bun.CryptoHasher("sha256");
  let position = 0;
  let isReading = false;
  let wake: () => void = () => undefined;
  return {
    offer(start, bytes) {
      if (isReading || start !== position) return;
      hash.update(bytes);
      position += bytes.byteLength;
    },
    async follow(signal) {
      signal.addEventListener("abort", () => wake(), { once: true });
      const buffer = Buffer.allocUnsafe(Math.min(readBytes, total));
      while (position < total) {
        signal.throwIfAborted();
        const end = Math.min(endOfPieceAt(pieces(), position), position + readBytes);
        if (end <= position) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        isReading = true;
        hash.update(await readRange(file, buffer.subarray(0, end - position), position));
        position = end;
        isReading = false;
      }
      return `sha256:${hash.digest("hex")}`;
    },
    wake: () => wake(),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function readRange(file: FileHandle, target: Uint8Array, start: number): Promise<Uint8Array> {
  let filled = 0;
  while (filled < target.byteLength) {
    const { bytesRead } = await file.read(target, filled, target.byteLength - filled, start + filled);
    if (bytesRead === 0) throw new Error("the file became shorter while it was hashed");
    filled += bytesRead;
  }
  return target;
}
