import { expect, test } from "bun:test";
import fc from "fast-check";
import type { SearchQuery } from "../knowledge.ts";
import { createDocument, type KnowledgeFixture, openKnowledge, signal } from "../knowledge-fixture.ts";

async function ask(fixture: KnowledgeFixture, text: string, more: Partial<SearchQuery> = {}) {
  const query = { collections: ["notes"], text, maxResults: 10, tenant: "test", ...more };
  return await fixture.knowledge.search(query, signal);
}

async function openNotes(texts: Readonly<Record<string, string>>, embeddingModel: string | null = null) {
  const fixture = await openKnowledge({ models: { tiny: { dimension: 32 } } });
  await fixture.knowledge.collections.create({ name: "notes", embeddingModel });
  const documents = Object.entries(texts).map(([source, text]) => createDocument(source, text));
  await fixture.knowledge.documents.add("notes", documents, signal);
  return fixture;
}

const sourcesOf = ({ hits }: { readonly hits: readonly { readonly source: string }[] }) =>
  hits.map(({ source }) => source);

test("without a model words alone are compared, and the result says so", async () => {
  await using fixture = await openNotes({
    "a.md": "the breaker opens after five failures",
    "b.md": "bread and milk",
  });
  const found = await ask(fixture, "when does the breaker open?");
  expect(sourcesOf(found)).toEqual(["a.md"]);
  expect(found.mode).toBe("words");
  expect(found.reason).toBe("only words were compared in notes: it has no embedding model");
  expect(found.hits[0]).toMatchObject({ startLine: 1, endLine: 10, collection: "notes", score: 1 });
});

test("the score of words is the share of the question that a text holds, weighted by rarity", async () => {
  await using fixture = await openNotes({
    "a.md": "copper wire",
    "b.md": "copper pipe",
    "c.md": "iron nail",
  });
  const { hits } = await ask(fixture, "copper wire");
  // Weights: copper stands in 2 of 3, ln(1 + 1.5/2.5); wire in 1 of 3, ln(1 + 2.5/1.5).
  const [copper, wire] = [Math.log(1 + 1.5 / 2.5), Math.log(1 + 2.5 / 1.5)];
  expect(hits.map(({ source, score }) => [source, score])).toEqual([
    ["a.md", 1],
    ["b.md", Math.round((copper / (copper + wire)) * 1e4) / 1e4],
  ]);
});

test("a text that scores exactly what is asked for is found", async () => {
  await using fixture = await openNotes({ "a.md": "copper wire", "b.md": "copper pipe", "c.md": "iron" });
  const { hits } = await ask(fixture, "copper wire");
  const minScore = hits[1]?.score ?? 0;
  expect(sourcesOf(await ask(fixture, "copper wire", { minScore }))).toEqual(["a.md", "b.md"]);
  expect(sourcesOf(await ask(fixture, "copper wire", { minScore: minScore + 1e-4 }))).toEqual(["a.md"]);
});

test("a text that holds the words of a compound apart holds all that is asked for", async () => {
  await using fixture = await openNotes({ "a.md": "wire of copper", "b.md": "iron nail" });
  expect((await ask(fixture, "copper-wire")).hits).toMatchObject([{ source: "a.md", score: 1 }]);
});

test("identifiers are found whole, by their parts, and in the spelling of another language", async () => {
  await using fixture = await openNotes({
    "a.ts": "export function createBreaker(options) {}",
    "b.py": "def snake_case_name(): pass",
    "c.ts": "return foo.bar(1)",
    "d.ts": "class HTTPServer {}",
  });
  for (const [asked, source] of Object.entries({
    createBreaker: "a.ts",
    breaker: "a.ts",
    create_breaker: "a.ts",
    snake_case_name: "b.py",
    snake: "b.py",
    "foo.bar": "c.ts",
    server: "d.ts",
  }))
    expect([asked, sourcesOf(await ask(fixture, asked))[0]]).toEqual([asked, source]);
});

test("words of the path count, and other forms of a word are the word", async () => {
  await using fixture = await openNotes({
    "src/coordinator/pipeline.ts": "stages in order",
    "b.md": "indexing files",
  });
  expect(sourcesOf(await ask(fixture, "coordinator pipeline"))).toEqual(["src/coordinator/pipeline.ts"]);
  expect(sourcesOf(await ask(fixture, "indexed file"))).toEqual(["b.md"]);
});

test("the file that is named after what is asked comes before one that says it as often", async () => {
  await using fixture = await openNotes({
    "notes/list.md": "a breaker, a breaker, a relay and a fuse stand on one rail",
    "parts/breaker.md": "the breaker falls open when too much current flows, and closes again by hand",
    "parts/relay.md": "a relay closes a circuit by a coil",
  });
  expect(sourcesOf(await ask(fixture, "how does a breaker work?"))[0]).toBe("parts/breaker.md");
});

test("texts in scripts without spaces are found by pairs of signs", async () => {
  await using fixture = await openNotes({ "a.md": "東京都の天気は晴れです", "b.md": "大阪の食べ物" });
  expect(sourcesOf(await ask(fixture, "天気"))).toEqual(["a.md"]);
  expect(sourcesOf(await ask(fixture, "大阪の食べ物は"))).toContain("b.md");
});

test("meaning finds what shares no word, with the cosine as the score", async () => {
  await using fixture = await openNotes({ "a.md": "repair automobile", "b.md": "bake bread" }, "tiny");
  const found = await ask(fixture, "fix car", { maxResults: 1 });
  expect(found.mode).toBe("hybrid");
  expect(found.reason).toBeUndefined();
  expect(found.hits.map(({ source, score }) => [source, score])).toEqual([["a.md", 1]]);
});

test("a question of signs alone is compared by vectors alone", async () => {
  await using fixture = await openKnowledge({
    models: { signs: { dimension: 2, vectorOf: (text) => Float32Array.of(text.includes("?") ? 1 : 0.1, 1) } },
  });
  await fixture.knowledge.collections.create({ name: "notes", embeddingModel: "signs" });
  await fixture.knowledge.documents.add(
    "notes",
    [createDocument("a", "why?"), createDocument("b", "so")],
    signal,
  );
  const found = await ask(fixture, "???");
  expect([found.mode, sourcesOf(found)]).toEqual(["vectors", ["a", "b"]]);
});

test("a model that fails at the question leaves the words, and the reason", async () => {
  await using fixture = await openNotes({ "a.md": "copper wire" }, "tiny");
  fixture.engine.models = {};
  const found = await ask(fixture, "copper");
  expect([found.mode, sourcesOf(found)]).toEqual(["words", ["a.md"]]);
  expect(found.reason).toBe("only words were compared in notes: there is no model tiny");
});

test("a model that has another dimension now leaves the words, and both numbers", async () => {
  await using fixture = await openNotes({ "a.md": "copper wire" }, "tiny");
  fixture.engine.models = { tiny: { dimension: 32, vectorOf: () => new Float32Array(48).fill(1) } };
  const found = await ask(fixture, "copper");
  expect([found.mode, sourcesOf(found)]).toEqual(["words", ["a.md"]]);
  expect(found.reason).toContain("48 dimensions where 32");
  expect(found.reason).toContain("re-embed");
});

test("finding nothing says why", async () => {
  await using fixture = await openNotes({ "a.md": "copper wire" });
  await fixture.knowledge.collections.create({ name: "void", embeddingModel: null });
  expect(await ask(fixture, "zebra")).toMatchObject({
    hits: [],
    reason: expect.stringContaining("nothing in notes matches"),
  });
  expect(await ask(fixture, "copper", { collections: ["void"] })).toEqual({
    ...{ hits: [], mode: "words", reason: "the collection void is empty" },
  });
  const strict = await ask(fixture, "copper zebra", { minScore: 0.9 });
  expect(strict.reason).toMatch(/nothing in notes scores 0.9 or more; the best has 0\.\d+/);
  const filtered = await ask(fixture, "copper", { filter: { language: "go" } });
  expect(filtered.reason).toContain("no document of notes passes the filter");
});

test("several collections are one list, and what has no vector is no worse for it", async () => {
  await using fixture = await openNotes({ "a.md": "granite quarry" }, "tiny");
  await fixture.knowledge.collections.create({ name: "plain", embeddingModel: null });
  await fixture.knowledge.documents.add(
    "plain",
    [createDocument("p.md", "granite granite quarry quarry")],
    signal,
  );
  const found = await ask(fixture, "granite quarry", { collections: ["notes", "plain"] });
  expect(sourcesOf(found).sort()).toEqual(["a.md", "p.md"]);
  expect(found.mode).toBe("hybrid");
  expect(found.reason).toBe("only words were compared in plain: it has no embedding model");
});

test("a rerank model orders the first twenty anew; one that fails leaves the order and says so", async () => {
  const texts = Object.fromEntries(
    Array.from({ length: 25 }, (_, index) => [`${index}.md`, `copper ${"wire ".repeat(25 - index)}`]),
  );
  await using fixture = await openNotes(texts);
  fixture.engine.models = { ranker: { dimension: 1 } };
  const found = await ask(fixture, "copper", { rerankModel: "ranker", maxResults: 25 });
  expect(fixture.engine.reranked[0]).toHaveLength(20);
  const lengths = found.hits.map(({ text }) => text.length);
  expect(lengths.slice(0, 20)).toEqual([...lengths.slice(0, 20)].sort((one, other) => one - other));
  expect(found.hits).toHaveLength(25);
  const without = await ask(fixture, "copper", { rerankModel: "gone", maxResults: 25 });
  expect(without.reason).toContain("the order is not that of gone: there is no model gone");
});

test("a text that is too long for the rerank model is ordered by its beginning, and the result says so", async () => {
  await using fixture = await openNotes({ "long.md": `copper ${"wire ".repeat(40)}`, "short.md": "copper" });
  fixture.engine.models = { ranker: { dimension: 1, maxWords: 12 } };
  const found = await ask(fixture, "copper wire", { rerankModel: "ranker" });
  expect(sourcesOf(found)).toEqual(["short.md", "long.md"]);
  expect(fixture.engine.reranked).toHaveLength(1);
  expect(found.reason).toContain("ranker read only the beginning of 1 of 2 texts");
  expect(found.hits[1]?.text).toHaveLength(207);
  fixture.engine.models = { ranker: { dimension: 1, maxWords: 0 } };
  const unfit = await ask(fixture, "copper wire", { rerankModel: "ranker" });
  expect(unfit.reason).toContain("the order is not that of ranker: input 0 is too long");
});

test("what helped before comes before what did not", async () => {
  await using fixture = await openNotes({ "a.md": "copper wire", "b.md": "copper wire" });
  const { documents } = fixture.knowledge;
  const [first, second] = (await ask(fixture, "copper wire")).hits;
  for (let times = 0; times < 10; times++) {
    await documents.noteUse([first?.chunkId ?? ""], { success: false });
    await documents.noteUse([second?.chunkId ?? ""], { success: true });
  }
  const after = await ask(fixture, "copper wire");
  expect(after.hits.map(({ chunkId }) => chunkId)).toEqual([second?.chunkId ?? "", first?.chunkId ?? ""]);
});

test("a question that is too long to be looked at whole says what was", async () => {
  await using fixture = await openNotes({ "a.md": "copper wire" });
  const found = await ask(fixture, `copper ${"lead ".repeat(5_000)}`);
  expect(sourcesOf(found)).toEqual(["a.md"]);
  expect(found.reason).toContain("only the first 8192 were looked for");
});

test("bad questions are refused by name", async () => {
  await using fixture = await openNotes({ "a.md": "copper" });
  for (const [change, message] of [
    [{ text: "  " }, "blank"],
    [{ maxResults: 0 }, "max_results is 0"],
    [{ minScore: 2 }, "min_score is 2"],
    [{ collections: [] }, "collections is empty"],
    [{ collections: ["nope"] }, 'no collection "nope"; there are codebase-context'],
  ] as const)
    await expect(ask(fixture, "copper", change)).rejects.toThrow(message);
});

test("no text makes a search fail, and every score is from 0 to 1", async () => {
  await using fixture = await openNotes(
    { "a.md": 'AND OR NOT NEAR("a b", 2) column: ^x * copper', "b.md": "x" },
    "tiny",
  );
  const syntax = fc.constantFrom(
    '"',
    "'",
    "*",
    "NEAR(",
    ")",
    "AND",
    "OR",
    "NOT",
    ":",
    "-",
    "^",
    "+",
    "{",
    "}",
    "\0",
    "a",
  );
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "binary" }),
    fc.array(syntax, { minLength: 1 }).map((parts) => parts.join(" ")),
  );
  await fc.assert(
    fc.asyncProperty(text, async (asked) => {
      if (asked.trim() === "") return;
      for (const { score } of (await ask(fixture, asked)).hits) expect(score).toBeWithin(0, 1.0000001);
    }),
    { numRuns: 300 },
  );
});

test("what is learnt is its client's alone, and an attribute named tenant elsewhere hides nothing", async () => {
  await using fixture = await openNotes({});
  const { documents } = fixture.knowledge;
  const named = (source: string, tenant: string) => createDocument(source, "copper wire", { tenant });
  await documents.add("notes", [named("lease.md", "acme")], signal);
  await documents.add("skills-patterns", [named("mine", "test"), named("other", "key-1")], signal);
  const collections = ["notes", "skills-patterns"];
  expect(sourcesOf(await ask(fixture, "copper", { collections })).sort()).toEqual(["lease.md", "mine"]);
});

test("each collection that is searched by words alone is named, also where the reason is the same", async () => {
  await using fixture = await openNotes({ "a.md": "copper wire" }, "tiny");
  await fixture.knowledge.collections.create({ name: "more", embeddingModel: "tiny" });
  await fixture.knowledge.documents.add("more", [createDocument("b.md", "copper pipe")], signal);
  fixture.engine.models = {};
  const { reason } = await ask(fixture, "copper", { collections: ["notes", "more"] });
  expect(reason).toBe(
    "only words were compared in notes: there is no model tiny; only words were compared in more: there is no model tiny",
  );
});
