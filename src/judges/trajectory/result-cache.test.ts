import { expect, test } from "bun:test";
import { createResultCache } from "./result-cache.ts";

test("the least recently used result goes first", () => {
  const cache = createResultCache<string>({ entries: 2, tokens: 100 });
  cache.set("a", "A", 1);
  cache.set("b", "B", 1);
  cache.get("a");
  cache.set("c", "C", 1);
  expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual(["A", undefined, "C"]);
});

test("results are kept while their tokens fit, and one of too many tokens never is", () => {
  const cache = createResultCache<string>({ entries: 9, tokens: 10 });
  cache.set("a", "A", 4);
  cache.set("b", "B", 4);
  cache.set("long", "L", 11);
  expect(cache.size).toBe(2);
  cache.set("c", "C", 8);
  expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([undefined, undefined, "C"]);
});

test("a result that is set again counts once", () => {
  const cache = createResultCache<string>({ entries: 9, tokens: 10 });
  for (let i = 0; i < 5; i++) cache.set("a", String(i), 6);
  cache.set("b", "B", 4);
  expect([cache.get("a"), cache.get("b")]).toEqual(["4", "B"]);
});
