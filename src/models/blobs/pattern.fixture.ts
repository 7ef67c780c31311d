/** Bytes that tell their position, so that one in a wrong place shows. */
export function patternAt(position: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => {
    const at = position + i;
    return (at ^ (at >> 8) ^ (at >> 16)) & 0xff;
  });
}
