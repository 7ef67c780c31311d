import { expect, test } from "bun:test";
import fc from "fast-check";
import { findDifferences } from "./differences.ts";

test("what is not expected may be anything, at every depth", () => {
  expect(findDifferences({ a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 })).toEqual([]);
});

test.each([
  [{ score: 0.5 }, { score: 1 }, "score: expected 0.5, got 1"],
  [{ a: { b: "x" } }, { a: { b: null } }, 'a.b: expected "x", got null'],
  [{ a: 1 }, {}, "a: expected 1, got nothing"],
  [{ a: [1, 2] }, { a: [1, 2, 3] }, "a: expected [1,2], got [1,2,3]"],
  [{ a: [{ b: 1 }] }, { a: [{ b: 1, c: 2 }] }, 'a: expected [{"b":1}], got [{"b":1,"c":2}]'],
  ["text", "other", 'output: expected "text", got "other"'],
  [{ a: {} }, { a: [] }, "a: expected {}, got []"],
  [{ a: null }, { a: {} }, "a: expected null, got {}"],
  [{ toString: 1 }, {}, "toString: expected 1, got nothing"],
])("%j against %j is told", (expected, actual, line) => {
  expect(findDifferences(expected, actual)).toEqual([line]);
});

test("every difference is told", () => {
  expect(findDifferences({ a: 1, b: 2, c: 3 }, { a: 0, b: 2, c: 0 })).toHaveLength(2);
});

test("numbers may differ by 1e-9 of their size and no more", () => {
  expect(findDifferences({ a: [0.1 + 0.2] }, { a: [0.3] })).toEqual([]);
  expect(findDifferences(1e15 + 1, 1e15)).toEqual([]);
  expect(findDifferences(0.3, 0.3 + 2e-9)).toHaveLength(1);
  expect(findDifferences(1, "1")).toHaveLength(1);
});

test("any JSON is as it is, and not as any other", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      expect(findDifferences(one, structuredClone(one))).toEqual([]);
      const isAlike = findDifferences({ value: [one] }, { value: [other] }).length === 0;
      if (!isAlike) expect(JSON.stringify(one)).not.toBe(JSON.stringify(other));
      if (isAlike && !/\d/.test(JSON.stringify([one, other]))) expect(other).toEqual(one);
    }),
  );
});
