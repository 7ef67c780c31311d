import { AppError } from "../base/index.ts";

const numbersEach = 2 ** 32;

/** Row of number `number` in the range of a collection or of a vector set. */
export function toKey(range: number, number: number): number {
  return range * numbersEach + number;
}

export function numberOf(key: number): number {
  return key % numbersEach;
}

export function rangeOf(key: number): number {
  return Math.floor(key / numbersEach);
}

/** All rows of a collection or of a vector set: the first one, and the first one after them. */
export function rowsOf(range: number): { readonly from: number; readonly to: number } {
  return { from: toKey(range, 0), to: toKey(range + 1, 0) };
}

/** A chunk's name outside: `chunk-COLLECTION-NUMBER`. */
export function toChunkId(key: number): string {
  return `chunk-${rangeOf(key)}-${numberOf(key)}`;
}

/** Undefined for a text that names no chunk. */
export function fromChunkId(id: string): number | undefined {
  const [, range, number] = /^chunk-([1-9]\d{0,5})-([1-9]\d{0,9})$/.exec(id) ?? [];
  if (range === undefined || number === undefined || Number(number) >= numbersEach) return undefined;
  return toKey(Number(range), Number(number));
}

/** Throws AppError invalid_request where a collection has given all its numbers. */
export function requireNumbers(next: number, count: number, collection: string): void {
  if (next + count <= numbersEach) return;
  const message = `${collection} has given all its ${numbersEach} chunk numbers; move its documents to a new collection`;
  throw new AppError("invalid_request", message);
}
