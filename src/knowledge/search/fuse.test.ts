import { expect, test } from "bun:test";
import fc from "fast-check";
import { breakTie, fuseRanks, weighUse } from "./fuse.ts";

test("a key that both lists have first is worth 1/61", () => {
  const values = fuseRanks(
    [
      [7, 8],
      [7, 9],
    ],
    () => 2,
  );
  expect(values.get(7)).toBeCloseTo(1 / 61, 12);
  expect(values.get(8)).toBeCloseTo(1 / 62 / 2, 12);
});

test("what can stand in one list alone is not halved", () => {
  const values = fuseRanks([[1, 2], [2]], (key) => (key === 1 ? 1 : 2));
  expect(values.get(1)).toBeCloseTo(1 / 61, 12);
  expect(values.get(2)).toBeCloseTo((1 / 62 + 1 / 61) / 2, 12);
});

test("a key that is no lower in any list is never worth less", () => {
  const list = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 20 });
  fc.assert(
    fc.property(list, list, (words, vectors) => {
      const lists = [words, vectors];
      const values = fuseRanks(lists, () => 2);
      const place = (key: number, index: number) => {
        const at = lists[index]?.indexOf(key) ?? -1;
        return at < 0 ? Number.POSITIVE_INFINITY : at;
      };
      for (const one of values.keys())
        for (const other of values.keys())
          if (place(one, 0) <= place(other, 0) && place(one, 1) <= place(other, 1))
            expect(values.get(one) ?? 0).toBeGreaterThanOrEqual(values.get(other) ?? 0);
    }),
  );
});

test("use changes a value by a twentieth at most, and an unused text by nothing", () => {
  const use = { changedAtMs: 0, accessCount: 1 };
  expect(weighUse(1, { ...use, successRate: 0.5 })).toBe(1);
  expect(weighUse(1, { ...use, successRate: 1 })).toBeCloseTo(1.05, 12);
  expect(weighUse(1, { ...use, successRate: -7 })).toBeCloseTo(0.95, 12);
});

test("ties are broken by 0.7 relevance, 0.2 recency and 0.1 usage", () => {
  const dayMs = 86_400_000;
  // 30 days old: recency 1/2; 10 uses: usage 1/2.
  const use = { changedAtMs: 0, accessCount: 10, successRate: 0.5 };
  expect(breakTie(0.6, use, 30 * dayMs)).toBeCloseTo(0.7 * 0.6 + 0.2 * 0.5 + 0.1 * 0.5, 12);
  // A clock that went backwards makes nothing more recent than now.
  expect(breakTie(1, { ...use, accessCount: 0 }, -dayMs)).toBeCloseTo(0.9, 12);
});
