import { expect, test } from "bun:test";
import fc from "fast-check";
import { countDiffering, countWords, fromBlob, toBlob, toSigns } from "./signs.ts";

test("a sign is 1 where a dimension is above the centre", () => {
  const signs = toSigns(Float32Array.of(1, -1, 0, 3), Float32Array.of(0, 0, 0, 4));
  expect([...signs]).toEqual([0b0001]);
  expect([...toSigns(new Float32Array(33).fill(1), new Float32Array(33))]).toEqual([0xffffffff, 1]);
});

test("differing signs are counted as they are one by one, whatever the dimension", () => {
  const words = fc.integer({ min: 1, max: 40 }).chain((length) => {
    const list = fc.uint32Array({ minLength: length, maxLength: length });
    return fc.tuple(list, list);
  });
  fc.assert(
    fc.property(words, ([one, other]) => {
      let expected = 0;
      for (const [index, word] of one.entries())
        for (let bit = 0; bit < 32; bit++)
          if (((word >>> bit) & 1) !== (((other[index] ?? 0) >>> bit) & 1)) expected++;
      expect(countDiffering(one, Uint32Array.of(7, ...other), 1)).toBe(expected);
    }),
  );
  const ones = new Uint32Array(countWords(4096)).fill(0xffffffff);
  expect(countDiffering(ones, new Uint32Array(ones.length), 0)).toBe(4096);
});

test("a vector comes back from its blob, also from one at an odd address", () => {
  const vector = Float32Array.of(0.5, -2, 1e-9);
  const odd = new Uint8Array(13);
  odd.set(toBlob(vector), 1);
  expect([...fromBlob(odd.subarray(1))]).toEqual([...vector]);
});
