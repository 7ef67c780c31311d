const text = new TextEncoder();

/** Unsigned LEB128, in its shortest form. */
export function encodeU32(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

export function encodeName(name: string): Uint8Array {
  const bytes = text.encode(name);
  return concatBytes([encodeU32(bytes.length), bytes]);
}

export function encodeVector(items: readonly Uint8Array[]): Uint8Array {
  return concatBytes([encodeU32(items.length), ...items]);
}

/** The pieces of a section, for `concatBytes`, so that a large body is copied once. */
export function encodeSection(id: number, body: Uint8Array): readonly Uint8Array[] {
  return [Uint8Array.of(id), encodeU32(body.length), body];
}

export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let position = 0;
  for (const piece of pieces) {
    joined.set(piece, position);
    position += piece.length;
  }
  return joined;
}
