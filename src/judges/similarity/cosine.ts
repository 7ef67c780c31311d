/**
 * Cosines of vectors of any length. A vector of zeros stands for a blank text: like another one (1), unlike all else
 * (0). What differs from 1 by rounding alone is 1, so that identical texts have a distance of exactly 0.
 */
import { AppError } from "../../base/index.ts";

/** 2 million pairs of them take 16 MB. */
export const maxVectors = 2_000;
const roundingError = 1e-6;
/** Rows of a tile: two of 384 numbers each fit the first cache. */
const tileRows = 16;

/** From −1 to 1. Throws AppError invalid_request for vectors of different dimensions. */
export function cosine(first: Float32Array, second: Float32Array): number {
  requireDimension(second, 1, first.length);
  const [left, right] = [lengthOf(first, 0), lengthOf(second, 1)];
  if (left === 0 || right === 0) return left === right ? 1 : 0;
  let product = 0;
  for (let index = 0; index < first.length; index++)
    product += (first[index] as number) * (second[index] as number);
  return settle(product / (left * right));
}

/** Of each pair i < j, in the order (0,1), (0,2), … (1,2), …. Throws as `cosine` does, and beyond `maxVectors`. */
export function pairwiseCosines(vectors: readonly Float32Array[]): Float64Array {
  const count = vectors.length;
  if (count > maxVectors) {
    const message = `${count} texts are too many to compare with one another; ${maxVectors} is the most`;
    throw new AppError("invalid_request", message);
  }
  const { rows, dimension, isBlank } = normalise(vectors);
  const cosines = new Float64Array(count < 2 ? 0 : (count * (count - 1)) / 2);
  for (let top = 0; top < count; top += tileRows)
    for (let left = top; left < count; left += tileRows)
      for (let i = top; i < Math.min(top + tileRows, count); i++) {
        // Index of the pair (i, j) is this plus j.
        const start = i * count - (i * (i + 1)) / 2 - i - 1;
        for (let j = Math.max(left, i + 1); j < Math.min(left + tileRows, count); j++)
          cosines[start + j] =
            isBlank[i] && isBlank[j] ? 1 : settle(dot(rows, i * dimension, j * dimension, dimension));
      }
  return cosines;
}

/** The vectors at length 1 in one array, row after row. */
function normalise(vectors: readonly Float32Array[]) {
  const dimension = vectors[0]?.length ?? 0;
  const rows = new Float32Array(vectors.length * dimension);
  const isBlank = vectors.map((vector, index) => {
    requireDimension(vector, index, dimension);
    const length = lengthOf(vector, index);
    if (length === 0) return true;
    const start = index * dimension;
    for (let at = 0; at < dimension; at++) rows[start + at] = (vector[at] as number) / length;
    return false;
  });
  return { rows, dimension, isBlank };
}

function requireDimension({ length }: Float32Array, index: number, dimension: number): void {
  if (length === dimension) return;
  const message = `vector ${index} has ${length} dimensions and the first has ${dimension}; embed all texts with one model`;
  throw new AppError("invalid_request", message);
}

function lengthOf(vector: Float32Array, index: number): number {
  const length = Math.sqrt(dot(vector, 0, 0, vector.length));
  if (Number.isFinite(length)) return length;
  throw new AppError("invalid_request", `vector ${index} holds a value that is no number`);
}

/** Four sums at a time: each waits for its own last addition alone. */
function dot(rows: Float32Array, left: number, right: number, dimension: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let index = 0;
  for (; index + 3 < dimension; index += 4) {
    a += (rows[left + index] as number) * (rows[right + index] as number);
    b += (rows[left + index + 1] as number) * (rows[right + index + 1] as number);
    c += (rows[left + index + 2] as number) * (rows[right + index + 2] as number);
    d += (rows[left + index + 3] as number) * (rows[right + index + 3] as number);
  }
  for (; index < dimension; index++) a += (rows[left + index] as number) * (rows[right + index] as number);
  return a + b + c + d;
}

function settle(value: number): number {
  return value > 1 - roundingError ? 1 : Math.max(value, -1);
}
