import type { Piece } from "./piece-record.ts";

/** Sorted, disjoint and without gaps of nothing between them, one more piece included. */
export function addPiece(pieces: readonly Piece[], [start, end]: Piece): readonly Piece[] {
  if (end <= start) return pieces;
  const before = pieces.filter((piece) => piece[1] < start);
  const after = pieces.filter((piece) => piece[0] > end);
  const touching = pieces.slice(before.length, pieces.length - after.length);
  const merged: Piece = [
    Math.min(start, touching[0]?.[0] ?? start),
    Math.max(end, touching.at(-1)?.[1] ?? end),
  ];
  return [...before, merged, ...after];
}

/** What of the first `total` bytes is in no piece, in ranges of at most `maxBytes`. */
export function missingPieces(pieces: readonly Piece[], total: number, maxBytes: number): readonly Piece[] {
  const missing: Piece[] = [];
  let position = 0;
  for (const [start, end] of [...pieces, [total, total] as const]) {
    const stop = Math.min(start, total);
    for (; position < stop; position = Math.min(position + maxBytes, stop)) {
      missing.push([position, Math.min(position + maxBytes, stop)]);
    }
    position = Math.max(position, end);
  }
  return missing;
}

export function countPieces(pieces: readonly Piece[]): number {
  return pieces.reduce((bytes, [start, end]) => bytes + end - start, 0);
}

/** Where the piece that holds a position ends; the position itself where none does. */
export function endOfPieceAt(pieces: readonly Piece[], position: number): number {
  return pieces.find(([start, end]) => start <= position && position < end)?.[1] ?? position;
}
