import { expect, test } from "bun:test";
import fc from "fast-check";
import { createRandom } from "../statistics/random.ts";
import { cosine, maxVectors, pairwiseCosines } from "./cosine.ts";

const vectorOf = (...values: readonly number[]) => Float32Array.from(values);

test("cosines of known angles, whatever the lengths of the vectors", () => {
  expect(cosine(vectorOf(1, 0), vectorOf(0, 5))).toBe(0);
  expect(cosine(vectorOf(1, 0), vectorOf(-3, 0))).toBe(-1);
  expect(cosine(vectorOf(1, 0), vectorOf(2, 2))).toBeCloseTo(Math.SQRT1_2, 6);
  expect(cosine(vectorOf(0.1, 0.7, 0.3), vectorOf(0.1, 0.7, 0.3))).toBe(1);
});

test("a vector of zeros is like another one alone", () => {
  expect(cosine(vectorOf(0, 0), vectorOf(0, 0))).toBe(1);
  expect(cosine(vectorOf(0, 0), vectorOf(1, 0))).toBe(0);
});

test("pairs come in the order (0,1), (0,2), (1,2)", () => {
  const vectors = [vectorOf(1, 0), vectorOf(0, 1), vectorOf(0, -1)];
  expect([...pairwiseCosines(vectors)]).toEqual([0, 0, -1]);
});

test("all pairs equal the pairs one by one, across tiles and odd dimensions", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 11 }),
      fc.nat(),
      (count, dimension, seed) => {
        const random = createRandom(seed);
        const vectors = Array.from({ length: count }, () =>
          Float32Array.from({ length: dimension }, () => random() - 0.5),
        );
        const expected = vectors.flatMap((first, index) =>
          vectors.slice(index + 1).map((second) => cosine(first, second)),
        );
        const found = pairwiseCosines(vectors);
        expect(found.length).toBe(expected.length);
        for (const [index, value] of expected.entries()) expect(found[index]).toBeCloseTo(value, 5);
      },
    ),
    { numRuns: 50 },
  );
});

test("vectors of two dimensions, with values that are no numbers, and too many are refused", () => {
  expect(() => cosine(vectorOf(1), vectorOf(1, 2))).toThrow(/vector 1 has 2 dimensions/);
  expect(() => cosine(vectorOf(1), vectorOf(Number.NaN))).toThrow(/no number/);
  expect(() => pairwiseCosines(Array(maxVectors + 1).fill(vectorOf(1)))).toThrow(/2001 texts/);
});
