import type { FileHandle } from "node:fs/promises";
import { digestOf } from "./digest.ts";

/** Small enough to hash between two turns of the event loop without being noticed, large enough to be fast. */
export const chunkBytes = 1 << 20;

export type FileDigest = { readonly digest: string; readonly bytes: number };

export type ReadOptions = { readonly signal: AbortSignal; readonly onProgress?: (bytes: number) => void };

/** The bytes of a file in order; each chunk is valid until the next is asked for. Reads one chunk ahead. */
export async function* readChunks(file: FileHandle, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const buffers = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)] as const;
  let position = 0;
  let turn: 0 | 1 = 0;
  let ahead = file.read(buffers[turn], 0, chunkBytes, position);
  try {
    for (;;) {
      const { bytesRead } = await ahead;
      signal.throwIfAborted();
      if (bytesRead === 0) return;
      const chunk = buffers[turn].subarray(0, bytesRead);
      position += bytesRead;
      turn = turn === 0 ? 1 : 0;
      ahead = file.read(buffers[turn], 0, chunkBytes, position);
      yield chunk;
    }
  } finally {
    await ahead.catch(() => {});
  }
}

/** Reads a whole file and hashes it, letting other work run between chunks. */
export async function hashFile(file: FileHandle, { signal, onProgress }: ReadOptions): Promise<FileDigest> {
  const hash = new Bun.CryptoHasher("sha256");
  let bytes = 0;
  for await (const chunk of readChunks(file, signal)) {
    hash.update(chunk);
    bytes += chunk.byteLength;
    onProgress?.(bytes);
  }
  return { digest: digestOf(hash.digest("hex")), bytes };
}
