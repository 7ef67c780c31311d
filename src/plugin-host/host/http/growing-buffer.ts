const firstBytes = 16_384;

/**
 * Bytes that arrive in parts, in one buffer: a peer that sends a byte at a time would otherwise make the host hold an
 * object for each.
 */
export type GrowingBuffer = {
  /** Whether the part still fitted; if not, nothing of it is kept. */
  append(part: Uint8Array): boolean;
  take(): Uint8Array;
};

export function createGrowingBuffer(maxBytes: number): GrowingBuffer {
  let bytes = new Uint8Array(Math.min(firstBytes, maxBytes));
  let length = 0;
  return {
    append(part) {
      const needed = length + part.length;
      if (needed > maxBytes) return false;
      if (needed > bytes.length) {
        const larger = new Uint8Array(Math.min(maxBytes, Math.max(needed, bytes.length * 2)));
        larger.set(bytes.subarray(0, length));
        bytes = larger;
      }
      bytes.set(part, length);
      length = needed;
      return true;
    },
    take: () => bytes.subarray(0, length),
  };
}
