import { expect, test } from "bun:test";
import fc from "fast-check";
import { createRandom, createXoshiro128, drawSeed } from "./random.ts";

test("xoshiro128** gives the numbers of its authors' program", () => {
  const next = createXoshiro128(Uint32Array.of(1, 2, 3, 4));
  const expected = [11_520, 0, 5_927_040, 70_819_200, 2_031_721_883, 1_637_235_492, 1_287_239_034];
  expect(expected.map(() => next())).toEqual(expected);
});

test("every seed gives numbers from 0 to below 1, the same each time", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (seed) => {
      const [random, again] = [createRandom(seed), createRandom(seed)];
      for (let draw = 0; draw < 20; draw++) {
        const value = random();
        expect(value).toBeWithin(0, 1);
        expect(again()).toBe(value);
      }
    }),
  );
});

test("neighbouring seeds give numbers that have nothing in common", () => {
  const seeds = Array.from({ length: 4_096 }, (_, index) => index);
  const firsts = seeds.map((seed) => createRandom(seed)());
  expect(new Set(firsts).size).toBe(seeds.length);
  expect(firsts.reduce((total, value) => total + value, 0) / seeds.length).toBeWithin(0.48, 0.52);
  expect(createRandom(2 ** 32)()).not.toBe(createRandom(0)());
  expect(createRandom(-1)()).not.toBe(createRandom(1)());
});

test("16 equal bins are filled evenly", () => {
  const random = createRandom(42);
  const bins = new Array<number>(16).fill(0);
  for (let draw = 0; draw < 16_000; draw++) {
    const bin = Math.floor(random() * 16);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const chiSquare = bins.reduce((total, count) => total + (count - 1_000) ** 2 / 1_000, 0);
  // Above 37.7 in one of 1,000 fair generators, at 15 degrees of freedom.
  expect(chiSquare).toBeLessThan(37.7);
});

test("a drawn seed is a whole number that a bootstrap takes", () => {
  expect(drawSeed(() => 0.5)).toBe(2 ** 31);
  expect(drawSeed(() => 1 - Number.EPSILON)).toBeLessThan(2 ** 32);
});
