import { expect, test } from "bun:test";
import fc from "fast-check";
import { arePieces, type Piece } from "./piece-record.ts";
import { addPiece, countPieces, endOfPieceAt, missingPieces } from "./pieces.ts";

const total = 64;
const piece = fc
  .tuple(fc.nat(total - 1), fc.integer({ min: 1, max: 16 }))
  .map(([start, length]): Piece => [start, Math.min(start + length, total)]);

function positionsOf(pieces: readonly Piece[]): Set<number> {
  return new Set(
    pieces.flatMap(([start, end]) => Array.from({ length: end - start }, (_, index) => start + index)),
  );
}

test("pieces that were added cover what they cover, sorted and disjoint, with what is missing between them", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), fc.integer({ min: 1, max: 70 }), (added, maxBytes) => {
      const pieces = added.reduce<readonly Piece[]>(addPiece, []);
      const covered = positionsOf(added);
      expect(arePieces(pieces, total)).toBe(true);
      expect(positionsOf(pieces)).toEqual(covered);
      expect(countPieces(pieces)).toBe(covered.size);
      const missing = missingPieces(pieces, total, maxBytes);
      expect(missing.every(([start, end]) => end - start <= maxBytes && end > start)).toBe(true);
      expect(positionsOf(missing).isDisjointFrom(covered)).toBe(true);
      expect(countPieces(missing) + covered.size).toBe(total);
    }),
  );
});

test("pieces that touch become one", () => {
  expect(
    addPiece(
      [
        [0, 4],
        [8, 10],
      ],
      [4, 8],
    ),
  ).toEqual([[0, 10]]);
});

test("the end of the piece at a position is found", () => {
  expect(endOfPieceAt([[0, 4]], 2)).toBe(4);
  expect(endOfPieceAt([[0, 4]], 4)).toBe(4);
});
