import { expect, test } from "bun:test";
import fc from "fast-check";
import { createSignSet, packSigns, toBytes, toWords } from "./sign-bits.ts";

const vector = (dimension: number) =>
  fc.array(fc.constantFrom(-1, 1), { minLength: dimension, maxLength: dimension });

function countUnlike(left: readonly number[], right: readonly number[]): number {
  return left.filter((value, index) => value > 0 !== (right[index] ?? 0) > 0).length;
}

test("signs are one bit each, and come back from their bytes", () => {
  const words = packSigns(Float32Array.of(0.1, -0.2, 0, 3, ...Array.from({ length: 29 }, () => 1)));
  expect([...words]).toEqual([0b11111111111111111111111111111001, 1]);
  expect(toWords(toBytes(words))).toEqual(words);
  expect(toWords(Uint8Array.of(1, 2, 3))).toBeUndefined();
});

test("the likest come first, as counting every sign finds them", () => {
  const dimension = 200;
  const check = (vectors: readonly (readonly number[])[]) => {
    const set = createSignSet(Math.ceil(dimension / 32));
    for (const [id, each] of vectors.entries()) set.add(id, packSigns(Float32Array.from(each)));
    const [asked] = vectors;
    if (!asked) return;
    const near = set.nearest(packSigns(Float32Array.from(asked)), 3);
    expect(near[0]).toBe(vectors.findIndex((each) => countUnlike(asked, each) === 0));
    const unlike = near.map((id) => countUnlike(asked, vectors[id] ?? []));
    expect(unlike).toEqual(unlike.toSorted((a, b) => a - b));
  };
  fc.assert(fc.property(fc.array(vector(dimension), { minLength: 1, maxLength: 30 }), check), {
    numRuns: 50,
  });
});

test("questions as alike as 0.9 are found among many others", () => {
  const dimension = 384;
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const draw = () => Float32Array.from({ length: dimension }, normal);
  const set = createSignSet(dimension / 32);
  const vectors = Array.from({ length: 3_000 }, draw);
  for (const [id, each] of vectors.entries()) set.add(id, packSigns(each));
  // A cosine of 1 / √(1 + 0.48²), about 0.9.
  const found = vectors.slice(0, 200).filter((each, id) => {
    const other = each.map((value) => value + 0.48 * normal());
    return set.nearest(packSigns(other), 16)[0] === id;
  });
  expect(found.length).toBe(200);
});

test("what was removed is not found, and the others still are", () => {
  const check = (kept: readonly boolean[]) => {
    const set = createSignSet(1);
    const wordOf = (id: number) => Uint32Array.of(Math.imul(id + 1, 0x9e3779b1) >>> 0);
    for (const id of kept.keys()) set.add(id, wordOf(id));
    for (const [id, isKept] of kept.entries()) if (!isKept) set.remove(id);
    expect(set.size).toBe(kept.filter(Boolean).length);
    for (const [id, isKept] of kept.entries()) expect(set.nearest(wordOf(id), 100).includes(id)).toBe(isKept);
  };
  fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), check));
});
