import { expect, test } from "bun:test";
import fc from "fast-check";
import { bootstrapInTurns, bootstrapInterval, comparePaired, isOutside } from "./bootstrap.ts";
import { mean } from "./descriptive.ts";
import { createRandom } from "./random.ts";

/** Box and Muller 1958. */
function createNormal(seed: number): () => number {
  const random = createRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

test("the interval of a mean holds the true mean in about 95 of 100 repeats", () => {
  const normal = createNormal(20_260_101);
  const repeats = 400;
  let held = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const sample = Array.from({ length: 30 }, () => 0.7 + 0.1 * normal());
    const { low, high } = bootstrapInterval(sample, mean, { seed: repeat });
    if (low <= 0.7 && high >= 0.7) held++;
  }
  expect(held / repeats).toBeWithin(0.9, 0.98);
});

test("the same seed gives the same interval, another seed another one", () => {
  const units = Array.from({ length: 20 }, createRandom(1));
  const first = bootstrapInterval(units, mean, { seed: 7 });
  expect(bootstrapInterval(units, mean, { seed: 7 })).toEqual(first);
  expect(first).toMatchObject({ level: 0.95, resamples: 2_000, seed: 7, units: 20 });
  expect(bootstrapInterval(units, mean, { seed: 8 }).low).not.toBe(first.low);
});

test("an interval lies within the values and a higher level is no narrower", () => {
  const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(values, fc.nat(), (units, seed) => {
      const at = (level: number) => bootstrapInterval(units, mean, { seed, resamples: 200, level });
      const [narrow, wide] = [at(0.5), at(0.99)];
      expect(narrow.low).toBeLessThanOrEqual(narrow.high);
      expect(wide.low).toBeLessThanOrEqual(narrow.low);
      expect(wide.high).toBeGreaterThanOrEqual(narrow.high);
      expect(wide.low).toBeGreaterThanOrEqual(Math.min(...units) - 1e-12);
      expect(wide.high).toBeLessThanOrEqual(Math.max(...units) + 1e-12);
    }),
  );
});

test("the interval of one unit is its value twice and excludes nothing", () => {
  const interval = bootstrapInterval([0.4], mean, { seed: 1 });
  expect(interval).toMatchObject({ low: 0.4, high: 0.4, units: 1 });
  expect(isOutside(1, interval)).toBe(false);
  expect(isOutside(1, { ...interval, units: 2 })).toBe(true);
});

test("resamples on which the statistic is no number are left out and not counted", () => {
  const ratio = (units: readonly number[]) => 1 / mean(units);
  const { low, high, resamples } = bootstrapInterval([0, 1], ratio, { seed: 3 });
  expect([low, high]).toEqual([1, 2]);
  expect(resamples).toBeWithin(1_400, 1_600);
  expect(() => bootstrapInterval([0, 0], ratio, { seed: 3 })).toThrow(/none of 2000 resamples/);
});

test("whole units are resampled: what belongs together stays together", () => {
  const units = [
    { gain: 1, loss: 1 },
    { gain: 2, loss: 2 },
    { gain: 5, loss: 5 },
  ];
  const balance = (resampled: readonly (typeof units)[number][]) =>
    mean(resampled.map(({ gain, loss }) => gain - loss));
  expect(bootstrapInterval(units, balance, { seed: 1 })).toMatchObject({ low: 0, high: 0 });
});

test("the interval of many units is the same in turns, between which others work", async () => {
  const random = createRandom(9);
  const units = Array.from({ length: 10_000 }, random);
  let turns = 0;
  let isOver = false;
  const work = () => {
    turns += 1;
    if (!isOver) setImmediate(work);
  };
  setImmediate(work);
  const interval = await bootstrapInTurns(units, mean, { seed: 4, resamples: 100 });
  isOver = true;
  expect(turns).toBeGreaterThan(3);
  expect(interval).toEqual(bootstrapInterval(units, mean, { seed: 4, resamples: 100 }));
});

test("options out of range are named", () => {
  expect(() => bootstrapInterval([], mean, { seed: 1 })).toThrow(/nothing to resample/);
  expect(() => bootstrapInterval([1], mean, { seed: 0.5 })).toThrow(/^seed: 0.5/);
  expect(() => bootstrapInterval([1], mean, { seed: 1, resamples: 100_001 })).toThrow(/from 1 to 100000/);
  expect(() => bootstrapInterval([1], mean, { seed: 1, resamples: 0, level: 1 })).toThrow(
    /resamples: 0.*level: 1/,
  );
});

test("pairing finds a small steady gain that differs less than the cases do", async () => {
  const random = createRandom(5);
  const first = Array.from({ length: 40 }, () => random());
  const second = first.map((score) => score + 0.02 + 0.01 * (random() - 0.5));
  const found = await comparePaired(first, second, { seed: 1 });
  expect(found.difference).toBeCloseTo(0.02, 2);
  expect(found.isDifferent).toBe(true);
  expect(await comparePaired(first, first, { seed: 1 })).toMatchObject({ difference: 0, isDifferent: false });
});

test("two lists that differ by chance alone are called different in about 5 of 100 repeats", async () => {
  const random = createRandom(11);
  let different = 0;
  for (let seed = 0; seed < 200; seed++) {
    const draw = () => Array.from({ length: 30 }, random);
    if ((await comparePaired(draw(), draw(), { seed, resamples: 500 })).isDifferent) different++;
  }
  expect(different / 200).toBeWithin(0.01, 0.11);
});

test("paired lists of unequal length are refused", async () => {
  await expect(comparePaired([1], [1, 2], { seed: 1 })).rejects.toThrow(/1 were given against 2/);
});
