import { expect, test } from "bun:test";
import fc from "fast-check";
import { PrefixTree } from "./prefix-tree.ts";

type Entry = { readonly name: string; readonly usable: number };
const entry = (name: string, usable = 1000): Entry => ({ name, usable });
const find = (tree: PrefixTree<Entry>, tokens: number[]) =>
  tree.findLongest(Int32Array.from(tokens), (e) => e.usable);

test("the entry with the longest common start is found, inside an edge too", () => {
  const tree = new PrefixTree<Entry>();
  const [a, b] = [entry("a"), entry("b")];
  tree.set(a, Int32Array.of(1, 2, 3, 4));
  tree.set(b, Int32Array.of(1, 2, 9));
  expect(find(tree, [1, 2, 3, 7])).toEqual({ entry: a, length: 3 });
  expect(find(tree, [1, 2, 9, 9])).toEqual({ entry: b, length: 3 });
  expect(find(tree, [5])).toBeUndefined();
});

test("an entry counts only as far as it is usable", () => {
  const tree = new PrefixTree<Entry>();
  const [half, short] = [entry("half", 2), entry("short")];
  tree.set(half, Int32Array.of(1, 2, 3, 4));
  tree.set(short, Int32Array.of(1, 2, 3));
  expect(find(tree, [1, 2, 3, 4])).toEqual({ entry: short, length: 3 });
});

test("after a delete the tree answers as if the entry had never been there", () => {
  const tree = new PrefixTree<Entry>();
  const a = entry("a");
  tree.set(a, Int32Array.of(1, 2));
  expect(tree.delete(a)).toBe(true);
  expect(tree.delete(a)).toBe(false);
  expect(find(tree, [1, 2])).toBeUndefined();
  expect(tree.size).toBe(0);
});

test("any history of sets and deletes gives the same answer as comparing with every entry", () => {
  const tokens = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 });
  const step = fc.record({
    name: fc.integer({ min: 0, max: 5 }),
    tokens,
    remove: fc.boolean(),
    usable: fc.integer({ min: 0, max: 12 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), tokens, (history, query) => {
      const tree = new PrefixTree<{ name: number }>();
      const entries = new Map<number, { entry: { name: number }; tokens: number[]; usable: number }>();
      for (const { name, tokens, remove, usable } of history) {
        const known = entries.get(name)?.entry ?? { name };
        if (remove) {
          tree.delete(known);
          entries.delete(name);
        } else {
          tree.set(known, Int32Array.from(tokens));
          entries.set(name, { entry: known, tokens, usable });
        }
      }
      let expected = 0;
      for (const { tokens, usable } of entries.values()) {
        let shared = 0;
        while (shared < tokens.length && shared < query.length && tokens[shared] === query[shared]) shared++;
        expected = Math.max(expected, Math.min(shared, usable));
      }
      const found = tree.findLongest(Int32Array.from(query), (e) => entries.get(e.name)?.usable ?? 0);
      expect(found?.length ?? 0).toBe(expected);
      expect(tree.size).toBe(entries.size);
    }),
    { numRuns: 500 },
  );
});
