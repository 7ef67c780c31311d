import { AppError } from "../../base/index.ts";
import { createPrefixSource, MissingBytes } from "./byte-source.ts";
import type { GgufHeader } from "./header.ts";
import { readGgufHeader } from "./read-header.ts";

/** Fetches bytes `start` to `end` (exclusive) of a remote file, all of them or an error. */
export type FetchRange = (start: number, end: number) => Promise<Uint8Array>;

/** Holds the header of most models with a small vocabulary; others take a few doublings. */
const firstFetchBytes = 512 * 1024;
/** The longest headers, of vocabularies of 262,144 tokens, take about 16 MiB. */
const maxFetchedBytes = 48 * 2 ** 20;

/**
 * Reads the header of a file of `sizeBytes` bytes that is elsewhere, fetching no more than twice what the header takes.
 * Throws AppError model_load_failed as `readGgufHeader` does, download_failed where a range comes short.
 */
export async function readRemoteHeader(
  fetchRange: FetchRange,
  sizeBytes: number,
  name: string,
): Promise<GgufHeader> {
  const available = Math.min(sizeBytes, maxFetchedBytes);
  const buffer = new ArrayBuffer(0, { maxByteLength: available });
  let wanted = Math.min(available, firstFetchBytes);
  while (true) {
    const start = buffer.byteLength;
    const bytes = await fetchRange(start, wanted);
    if (bytes.byteLength !== wanted - start) {
      const message = `${name} gave ${bytes.byteLength} bytes for the range ${start}-${wanted - 1}; try again later`;
      throw new AppError("download_failed", message);
    }
    buffer.resize(wanted);
    const prefix = new Uint8Array(buffer);
    prefix.set(bytes, start);
    try {
      return readGgufHeader(createPrefixSource(name, prefix, sizeBytes));
    } catch (error) {
      if (!(error instanceof MissingBytes)) throw error;
      wanted = nextLength(name, { wanted, needed: error.neededBytes, available });
    }
  }
}

function nextLength(
  name: string,
  {
    wanted,
    needed,
    available,
  }: { readonly wanted: number; readonly needed: number; readonly available: number },
): number {
  if (needed <= available) return Math.min(available, Math.max(needed, 2 * wanted));
  const message = `${name} is not a usable GGUF file: its header is longer than ${available} bytes; take another file`;
  throw new AppError("model_load_failed", message);
}
