/** Many texts in a row, each behind its 64-bit length, passed over without making strings of them. */

/** Short texts to look out for while many are passed over. */
export type TextWatch = {
  readonly texts: ReadonlySet<string>;
  /** 1 at the lengths in bytes, and at the first bytes, that such texts have. */
  readonly lengths: Uint8Array;
  readonly firstBytes: Uint8Array;
};

export type TextRun = { readonly count: number; readonly maxBytes: number; readonly watch: TextWatch };

/** Of the texts that are watched for, as many are kept: a vocabulary has each once, a hostile file millions. */
export const maxFound = 64;
const lengthBytes = 8;
const decoder = new TextDecoder();

export function createTextWatch(texts: readonly string[]): TextWatch {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  const lengths = new Uint8Array(Math.max(...encoded.map(({ byteLength }) => byteLength)) + 1);
  const firstBytes = new Uint8Array(256);
  for (const bytes of encoded) {
    lengths[bytes.byteLength] = 1;
    firstBytes[bytes[0] ?? 0] = 1;
  }
  return { texts: new Set(texts), lengths, firstBytes };
}

/**
 * Passes over texts of a little-endian file from `start` on, as long as their lengths lie in `bytes` and are allowed, and
 * adds those that are watched for to `found`. The last one may end beyond `bytes`. This is the hot loop of reading a
 * header: 300,000 texts are common.
 */
export function skipTextRun(
  bytes: Uint8Array,
  start: number,
  { count, maxBytes, watch }: TextRun,
  found: string[],
): { readonly end: number; readonly skipped: number } {
  const { lengths, firstBytes, texts } = watch;
  const watchedLengths = lengths.length;
  const lastLength = bytes.byteLength - lengthBytes;
  let at = start;
  let skipped = 0;
  while (skipped < count && at <= lastLength) {
    const length = readLength(bytes, at);
    if (length < 0 || length > maxBytes) break;
    const text = at + lengthBytes;
    if (length < watchedLengths && lengths[length] === 1) {
      if (text + length > bytes.byteLength) break;
      if (firstBytes[bytes[text] ?? 0] === 1 && found.length < maxFound) {
        const decoded = decoder.decode(bytes.subarray(text, text + length));
        if (texts.has(decoded)) found.push(decoded);
      }
    }
    at = text + length;
    skipped += 1;
  }
  return { end: at, skipped };
}

/** The length that stands at `at`; negative from 2^31 on. */
function readLength(bytes: Uint8Array, at: number): number {
  const high = (bytes[at + 4] ?? 0) | (bytes[at + 5] ?? 0) | (bytes[at + 6] ?? 0) | (bytes[at + 7] ?? 0);
  if (high !== 0) return -1;
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return low | ((bytes[at + 3] ?? 0) << 24);
}
