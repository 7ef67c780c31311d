import { open } from "node:fs/promises";
import { AppError, toDiskError } from "../../base/index.ts";
import { digestOf } from "./digest.ts";
import { chunkBytes, type FileDigest } from "./read-chunks.ts";
import { writeFully } from "./write-fully.ts";

export type WriteOptions = {
  readonly expected?: string;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
};

const privateMode = 0o600;

/** Writes a stream to a new file, synced, and returns its digest. */
export async function writeStream(
  path: string,
  stream: AsyncIterable<Uint8Array>,
  { expected, signal, maxBytes }: WriteOptions,
): Promise<FileDigest> {
  const hash = new Bun.CryptoHasher("sha256");
  let bytes = 0;
  await using file = await open(path, "wx", privateMode);
  for await (const chunk of gather(stream)) {
    signal.throwIfAborted();
    if (bytes + chunk.byteLength > maxBytes) {
      const message = `the file is larger than the ${maxBytes} bytes that are taken; send a smaller one`;
      throw new AppError("body_too_large", message, { details: { maxBytes } });
    }
    hash.update(chunk);
    try {
      await writeFully(file, bytes, chunk);
    } catch (error) {
      throw toDiskError(`write ${path}`, error);
    }
    bytes += chunk.byteLength;
  }
  signal.throwIfAborted();
  const digest = digestOf(hash.digest("hex"));
  if (expected !== undefined && digest !== expected) {
    const message = `${bytes} bytes came for ${expected} but they are ${digest}; send the file again`;
    throw new AppError("model_corrupted", message);
  }
  await file.sync();
  return { digest, bytes };
}

/** Joins small chunks, so that each write to the disk is worth its call. A chunk is valid until the next is asked for. */
async function* gather(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(chunkBytes);
  let filled = 0;
  for await (const chunk of stream) {
    for (let start = 0; start < chunk.byteLength; ) {
      const piece = chunk.subarray(start, start + buffer.byteLength - filled);
      buffer.set(piece, filled);
      filled += piece.byteLength;
      start += piece.byteLength;
      if (filled < buffer.byteLength) continue;
      yield buffer;
      filled = 0;
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}
