import { expect, test } from "bun:test";
import fc from "fast-check";
import { spreadDocuments } from "./spread-documents.ts";

function spread(rows: readonly (readonly [documentId: string, value: number])[]): readonly string[] {
  const ordered = rows.map(([documentId, value], index) => ({
    passage: { documentId, name: `${documentId}${index}` },
    value,
  }));
  return spreadDocuments(ordered).map(({ name }) => name);
}

test("a document that is nearly as good comes before the third hit of the first, and what is much worse does not", () => {
  // a1 is worth 0.95 · 0.99, a2 0.95² · 0.98.
  expect(
    spread([
      ["a", 1],
      ["a", 0.99],
      ["a", 0.98],
      ["b", 0.9],
      ["c", 0.5],
    ]),
  ).toEqual(["a0", "a1", "b3", "a2", "c4"]);
});

test("nothing is lost, hits of one document keep their order and equal ones stay as they were", () => {
  expect(spread(["b", "a", "c"].map((id) => [id, 0.5] as const))).toEqual(["b0", "a1", "c2"]);
  const rows = fc.array(
    fc.tuple(fc.constantFrom("a", "b", "c"), fc.double({ min: 0, max: 1, noNaN: true })),
    {
      maxLength: 30,
    },
  );
  fc.assert(
    fc.property(rows, (given) => {
      const ordered = [...given].sort((one, other) => other[1] - one[1]);
      const places = spread(ordered);
      expect([...places].sort()).toEqual(ordered.map(([id], index) => `${id}${index}`).sort());
      for (const id of ["a", "b", "c"]) {
        const own = places.filter((name) => name.startsWith(id)).map((name) => Number(name.slice(1)));
        expect(own).toEqual([...own].sort((one, other) => one - other));
      }
    }),
  );
});
