import { expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject } from "../../contract/index.ts";
import { createDocument, type KnowledgeFixture, openKnowledge, signal } from "../knowledge-fixture.ts";
import { parseFilter } from "./filter.ts";

const name = "notes";
const rows: Readonly<Record<string, JsonObject>> = {
  a: { language: "go", stars: 1, tags: ["x", "y"], done: true },
  b: { language: "rust", stars: 2.5, tags: ["y"], done: false },
  c: { language: "go", stars: 3 },
  d: {},
};

async function openRows(): Promise<KnowledgeFixture> {
  const fixture = await openKnowledge();
  await fixture.knowledge.collections.create({ name, embeddingModel: null });
  const documents = Object.entries(rows).map(([source, attributes]) =>
    createDocument(source, `copper ${source}`, attributes),
  );
  await fixture.knowledge.documents.add(name, documents, signal);
  return fixture;
}

async function find({ knowledge }: KnowledgeFixture, filter: JsonObject): Promise<string> {
  const query = { collections: [name], text: "copper", maxResults: 10, tenant: "t", filter };
  const { hits } = await knowledge.search(query, signal);
  return hits
    .map(({ source }) => source)
    .sort()
    .join("");
}

test("both forms choose the same documents", async () => {
  await using fixture = await openRows();
  const cases: readonly (readonly [JsonObject, string])[] = [
    [{}, "abcd"],
    [{ language: "go" }, "ac"],
    [{ language: ["go", "rust"] }, "abc"],
    [{ language: [] }, ""],
    [{ language: "go", stars: 3 }, "c"],
    [{ stars: { gt: 1, lte: 3 } }, "bc"],
    [{ language: { ne: "go" } }, "bd"],
    [{ language: { nin: ["go", "rust"] } }, "d"],
    [{ tags: "y" }, "ab"],
    [{ tags: { ne: "x" } }, "bcd"],
    [{ done: true }, "a"],
    [{ done: false }, "b"],
    [{ language: { gte: "h" } }, "b"],
    [{ stars: { gt: "0" } }, ""],
    [{ missing: 1 }, ""],
    [{ type: "eq", key: "language", value: "go" }, "ac"],
    [{ type: "ne", key: "language", value: "go" }, "bd"],
    [{ type: "gte", key: "stars", value: 2.5 }, "bc"],
    [{ type: "lt", key: "stars", value: 2.5 }, "a"],
    [{ type: "in", key: "stars", value: [1, 3] }, "ac"],
    [
      {
        type: "or",
        filters: [
          { type: "eq", key: "stars", value: 1 },
          { type: "and", filters: [{ type: "eq", key: "language", value: "rust" }, { tags: "y" }] },
        ],
      },
      "ab",
    ],
  ];
  for (const [filter, expected] of cases)
    expect([filter, await find(fixture, filter)]).toEqual([filter, expected]);
});

test("a filter holds in collections with vectors, few and many, and finds what is far from the question", async () => {
  await using fixture = await openKnowledge({ models: { tiny: { dimension: 16 } } });
  const { collections, documents } = fixture.knowledge;
  await collections.create({ name, embeddingModel: "tiny" });
  const near = Array.from({ length: 2_500 }, (_, index) => `copper wire ${index % 7}`);
  await documents.add(name, [createDocument("near", near, { side: "near" })], signal);
  await documents.add(name, [createDocument("far", "an unlike sentence", { side: "far" })], signal);
  expect(await find(fixture, { side: "far" })).toBe("far");
  const broad = await fixture.knowledge.search(
    { collections: [name], text: "copper wire", maxResults: 3, tenant: "t", filter: { side: { ne: "far" } } },
    signal,
  );
  expect(broad.hits.map(({ source }) => source)).toEqual(["near", "near", "near"]);
});

test("filters that cannot be used say what is wrong and how they are written", () => {
  const deep = (levels: number): JsonObject =>
    levels === 0 ? { a: 1 } : { type: "and", filters: [deep(levels - 1)] };
  for (const [filter, problem] of [
    [{ stars: { near: 3 } }, '"near" is none of'],
    [{ stars: null }, '"stars" needs a text'],
    [{ stars: {} }, '"stars" has no operator'],
    [{ stars: { in: 3 } }, '"stars" needs a list, and 3 was given'],
    [{ a: "x".repeat(600) }, "up to 512 characters"],
    [{ a: Array(300).fill(1) }, "300 values and 256 is the most"],
    [{ type: "and", filters: [] }, "has no filters"],
    [{ type: "eq", key: "a", value: 1, other: 2 }, 'unknown field "other"'],
    [{ type: "eq", key: "a" }, "nothing was given"],
    [deep(9), "levels deep"],
    [
      Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, 1])),
      "more than 64 conditions",
    ],
  ] as const)
    expect(() => parseFilter(filter as JsonObject)).toThrow(problem);
});

test("any JSON is either a filter or refused as one", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (given) => {
      try {
        parseFilter(given as JsonObject);
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid_request" });
      }
    }),
  );
});
