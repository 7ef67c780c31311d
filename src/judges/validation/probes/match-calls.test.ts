import { expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject } from "../../../contract/index.ts";
import { findDifferences, matchCalls } from "./match-calls.ts";

const call = (name: string, values: JsonObject = {}) => ({ name, arguments: values, problems: [] });
const wanted = (name: string, values?: JsonObject) => ({ name, ...(values && { arguments: values }) });
const rules = { argumentMatch: "subset", order: "any" } as const;

test("calls are paired so that as many as can be have their place", () => {
  const expected = [wanted("read"), wanted("read", { path: "a" })];
  const found = matchCalls({ ...rules, expected }, [
    call("read", { path: "a" }),
    call("read", { path: "b" }),
  ]);
  expect(found).toEqual({ matched: 2, missing: [], extra: [] });
});

test("a call more or less, or another one, is told apart", () => {
  const missed = wanted("read", { path: "a" });
  const expected = [missed];
  expect(matchCalls({ ...rules, expected }, [])).toEqual({
    matched: 0,
    missing: [{ expected: missed }],
    extra: [],
  });
  const near = call("read", { path: "b" });
  const other = call("bash", {});
  expect(matchCalls({ ...rules, expected }, [near, other])).toEqual({
    ...{ matched: 0, missing: [{ expected: missed, instead: near }], extra: [other] },
  });
  expect(matchCalls({ ...rules, expected: [] }, [other])).toMatchObject({ matched: 0, extra: [other] });
});

test("in strict order the same calls in another order do not match", () => {
  const expected = [wanted("a"), wanted("b")];
  const swapped = [call("b"), call("a")];
  expect(matchCalls({ ...rules, expected }, swapped).matched).toBe(2);
  expect(matchCalls({ ...rules, order: "strict", expected }, swapped).matched).toBe(0);
});

test("a subset may leave arguments unnamed, at any depth, an exact match may not", () => {
  const given = { path: "a", options: { deep: true, limit: 3 } };
  expect(findDifferences({ options: { deep: true } }, given, "subset")).toEqual([]);
  expect(findDifferences({ path: "a", options: { deep: true } }, given, "exact")).toEqual([
    "options.limit: expected nothing, got 3",
  ]);
});

test("differences name their place and both values", () => {
  expect(findDifferences({ city: "Oslo", days: [1, 2] }, { city: "Rome", days: [1, 3] }, "subset")).toEqual([
    'city: expected "Oslo", got "Rome"',
    "days[1]: expected 2, got 3",
  ]);
  expect(findDifferences({ days: [1] }, { days: [1, 2] }, "subset")).toEqual([
    "days: expected [1], got [1,2]",
  ]);
  expect(findDifferences({ constructor: "x" }, {}, "subset")).toEqual([
    'constructor: expected "x", got nothing',
  ]);
});

test("every value equals itself, and calls in any order match themselves", () => {
  const values = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<JsonObject>;
  const calls = fc.array(fc.tuple(fc.constantFrom("a", "b"), values), { maxLength: 6 });
  fc.assert(
    fc.property(calls, fc.boolean(), (made, isExact) => {
      const argumentMatch = isExact ? "exact" : "subset";
      const expected = made.map(([name, given]) => wanted(name, given));
      const reversed = made.map(([name, given]) => call(name, given)).reverse();
      const found = matchCalls({ argumentMatch, order: "any", expected }, reversed);
      expect(found).toEqual({ matched: made.length, missing: [], extra: [] });
    }),
  );
});
