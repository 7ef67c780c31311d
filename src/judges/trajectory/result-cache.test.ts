import { expect, test } from "bun:test";
import { parseTrajectoryConfig } from "./config.ts";
import { cacheKey, createResultCache } from "./result-cache.ts";
import { chooseThresholds } from "./thresholds.ts";

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

test("a thousand results are kept where nothing else is said", () => {
  const cache = createResultCache<number>();
  for (let index = 0; index <= 1_000; index++) cache.set(String(index), index, 1);
  expect(cache.size).toBe(1_000);
  expect([cache.get("0"), cache.get("1")]).toEqual([undefined, 1]);
});

test("another model, prompt, setting or bar has a key of its own, and a sampled run none", () => {
  const subject = (fields: object = {}, modelDigest = "a", prompt = "x") => {
    const config = parseTrajectoryConfig({ temperature: 0, ...fields });
    return cacheKey({ modelDigest, prompt, config, thresholds: chooseThresholds(config.bars, undefined) });
  };
  const keys = [
    ...[subject(), subject({}, "b"), subject({}, "a", "y"), subject({ top_k: 9 }), subject({ seed: 1 })],
    ...[subject({ max_new_tokens: 9 }), subject({ surprise_probability_threshold: 0.2 })],
    ...[subject({ perplexity_threshold: 9 }), subject({ entropy_threshold: 0.5 })],
    subject({ surprise_threshold: 0.5 }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(subject()).toMatch(/^[0-9a-f]{64}$/);
  expect(subject({ temperature: 0.1, seed: 1 })).toBeUndefined();
});
