import type { FileHandle } from "node:fs/promises";

/** Writes all of the bytes at a position. */
export async function writeFully(file: FileHandle, position: number, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength; ) {
    const result = await file.write(bytes, written, bytes.byteLength - written, position + written);
    written += result.bytesWritten;
  }
}
