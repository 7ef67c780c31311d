/**
 * A vector as the signs of its dimensions against a centre, one bit each: how many differ tells roughly how far two
 * vectors are apart (Charikar 2002, "Similarity estimation techniques from rounding algorithms"). Without the centre the
 * signs of models whose vectors lean to one side would all be alike.
 */

/** 32 dimensions a word, the first in its least significant bit; bits beyond the dimension are 0. */
export function toSigns(vector: Float32Array, centre: Float32Array): Uint32Array {
  const signs = new Uint32Array(countWords(vector.length));
  for (let index = 0; index < vector.length; index++) {
    if ((vector[index] ?? 0) > (centre[index] ?? 0))
      signs[index >> 5] = (signs[index >> 5] ?? 0) | (1 << (index & 31));
  }
  return signs;
}

/** Words that the signs of one vector take. */
export function countWords(dimension: number): number {
  return Math.ceil(dimension / 32);
}

/** In how many signs `signs` differs from those that begin at `start` of `words`. */
export function countDiffering(signs: Uint32Array, words: Uint32Array, start: number): number {
  let count = 0;
  let index = 0;
  for (; index + 2 < signs.length; index += 3) {
    const first = countInNibbles((signs[index] as number) ^ (words[start + index] as number));
    const second = countInNibbles((signs[index + 1] as number) ^ (words[start + index + 1] as number));
    const third = countInNibbles((signs[index + 2] as number) ^ (words[start + index + 2] as number));
    count += addNibbles(first + second + third);
  }
  for (; index < signs.length; index++)
    count += addNibbles(countInNibbles((signs[index] as number) ^ (words[start + index] as number)));
  return count;
}

/** The bits of each four of a word, counted where they stand (Warren, "Hacker's Delight", 5-1). */
function countInNibbles(bits: number): number {
  bits -= (bits >>> 1) & 0x55555555;
  return (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
}

/** Nibbles hold 12 at most, the bits of three words. */
function addNibbles(nibbles: number): number {
  return Math.imul((nibbles & 0x0f0f0f0f) + ((nibbles >>> 4) & 0x0f0f0f0f), 0x01010101) >>> 24;
}

export function toBlob(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** Copies, for a blob need not stand at an address that floats can. */
export function fromBlob(blob: Uint8Array): Float32Array {
  return new Float32Array(blob.slice().buffer);
}
