/**
 * A vector as the signs of its dimensions against a centre, one bit each: how many differ tells roughly how far two
 * vectors are apart (Charikar 2002, "Similarity estimation techniques from rounding algorithms"). Without the centre the
 * signs of models whose vectors lean to one side would all be alike.
 */

/** Least significant bit first; bits beyond the dimension are 0. */
export function toSigns(vector: Float32Array, centre: Float32Array): Uint8Array {
  const signs = new Uint8Array(countSignBytes(vector.length));
  for (let index = 0; index < vector.length; index++) {
    if ((vector[index] ?? 0) > (centre[index] ?? 0))
      signs[index >> 3] = (signs[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return signs;
}

export function countSignBytes(dimension: number): number {
  return Math.ceil(dimension / 8);
}

/** Of vectors of length 1 and one dimension. */
export function dot(first: Float32Array, second: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < first.length; index++) sum += (first[index] ?? 0) * (second[index] ?? 0);
  return sum;
}

export function toBlob(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** Copies, for a blob need not stand at an address that floats can. */
export function fromBlob(blob: Uint8Array): Float32Array {
  return new Float32Array(blob.slice().buffer);
}
