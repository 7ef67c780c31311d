import { expect, test } from "bun:test";
import { sql } from "kysely";
import { AppError } from "../../base/index.ts";
import { openHomeDatabase } from "../../store/index.ts";
import { createKnowledge } from "../knowledge.ts";
import { createDocument, type KnowledgeFixture, openKnowledge, signal } from "../knowledge-fixture.ts";

const name = "notes";

async function openNotes(embeddingModel: string | null = null): Promise<KnowledgeFixture> {
  const fixture = await openKnowledge({ models: { tiny: { dimension: 16 } } });
  await fixture.knowledge.collections.create({ name, embeddingModel });
  return fixture;
}

/** Rows of every table that holds something of a document. */
async function countRows({ database }: KnowledgeFixture): Promise<readonly number[]> {
  const tables = ["document", "document_attribute", "chunk", "chunk_words", "chunk_vector"];
  const counts: number[] = [];
  for (const table of tables) {
    const { rows } = await sql<{ readonly n: number }>`select count(*) as n from ${sql.table(table)}`.execute(
      database.kysely,
    );
    counts.push(rows[0]?.n ?? -1);
  }
  return counts;
}

async function search({ knowledge }: KnowledgeFixture, text: string) {
  const { hits } = await knowledge.search(
    { collections: [name], text, maxResults: 10, tenant: "test" },
    signal,
  );
  return hits.map(({ source }) => source);
}

test("a document is read back as it was added, its chunks in order", async () => {
  await using fixture = await openNotes();
  const { documents } = fixture.knowledge;
  const document = { ...createDocument("a.md", ["one", "two"], { language: "en" }), root: "/r" };
  const [added] = await documents.add(name, [document], signal);
  expect(added?.status).toBe("added");
  expect(await documents.get(name, added?.id ?? "")).toEqual({
    ...{ id: added?.id ?? "", source: "a.md", root: "/r", contentHash: document.contentHash, chunks: 2 },
    ...{ attributes: { language: "en" }, addedAtMs: 1_000_000, text: document.chunks },
  });
});

test("the same content is left as it is; another one replaces it under the same id", async () => {
  await using fixture = await openNotes("tiny");
  const { documents, collections } = fixture.knowledge;
  const [added] = await documents.add(name, [createDocument("a.md", ["copper", "wire", "nail"])], signal);
  const before = await collections.revision([name]);
  const [same] = await documents.add(name, [createDocument("a.md", ["copper", "wire", "nail"])], signal);
  expect(same).toEqual({ id: added?.id ?? "", source: "a.md", status: "unchanged" });
  expect(await collections.revision([name])).toBe(before);
  expect(fixture.engine.embedded).toHaveLength(1);
  const [replaced] = await documents.add(name, [createDocument("a.md", "granite")], signal);
  expect(replaced).toEqual({ id: added?.id ?? "", source: "a.md", status: "replaced" });
  expect(await collections.revision([name])).not.toBe(before);
  expect(await countRows(fixture)).toEqual([1, 0, 1, 1, 1]);
  expect(await search(fixture, "granite")).toEqual(["a.md"]);
  expect(await collections.get(name)).toMatchObject({ documents: 1, chunks: 1, dimension: 16 });
});

test("two roots may bring the same path", async () => {
  await using fixture = await openNotes();
  const { documents } = fixture.knowledge;
  for (const root of ["/one", "/two"])
    await documents.add(name, [{ ...createDocument("README.md", `of ${root}`), root }], signal);
  expect(await documents.list(name, { limit: 10 })).toHaveLength(2);
  expect(await documents.removeSources(name, ["README.md"], "/one")).toBe(1);
  expect((await documents.list(name, { limit: 10 })).map(({ root }) => root)).toEqual(["/two"]);
  expect([...(await documents.hashes(name, "/two")).keys()]).toEqual(["README.md"]);
  expect(await documents.removeSources(name, ["README.md"])).toBe(0);
});

test("L4: a deleted document leaves no chunk, word, vector or attribute", async () => {
  await using fixture = await openNotes("tiny");
  const { documents, collections } = fixture.knowledge;
  const added = await documents.add(
    name,
    [
      createDocument("a.md", ["copper", "wire"], { kind: "x" }),
      createDocument("b.md", "nail", { kind: "y" }),
    ],
    signal,
  );
  expect(await countRows(fixture)).toEqual([2, 2, 3, 3, 3]);
  expect(await documents.remove(name, [added[0]?.id ?? "", "doc-unknown"])).toBe(1);
  expect(await countRows(fixture)).toEqual([1, 1, 1, 1, 1]);
  expect(await search(fixture, "copper")).toEqual(["b.md"]);
  expect(await documents.remove(name, [added[1]?.id ?? ""])).toBe(1);
  expect(await countRows(fixture)).toEqual([0, 0, 0, 0, 0]);
  expect(await collections.get(name)).toMatchObject({ documents: 0, chunks: 0 });
});

test("L5: a failed embedding leaves no row, and what was there before stays", async () => {
  await using fixture = await openNotes("tiny");
  const { documents } = fixture.knowledge;
  await documents.add(name, [createDocument("a.md", "copper")], signal);
  const failure = new AppError("inference_error", "the host died at text 1", { details: { index: 1 } });
  fixture.engine.models = { tiny: { dimension: 16, fails: () => failure } };
  const changed = [createDocument("a.md", "granite"), createDocument("b.md", "nail")];
  await expect(documents.add(name, changed, signal)).rejects.toThrow("the host died at chunk 0 of b.md");
  expect(await countRows(fixture)).toEqual([1, 0, 1, 1, 1]);
  fixture.engine.models = { tiny: { dimension: 16 } };
  expect(await search(fixture, "copper")).toEqual(["a.md"]);
});

test.each([
  ["zero", () => new Float32Array(16), "a vector of zeros"],
  ["NaN", () => new Float32Array(16).fill(Number.NaN), "a vector with values that are no numbers"],
  [
    "infinite",
    () => new Float32Array(16).fill(Number.POSITIVE_INFINITY),
    "a vector with values that are no numbers",
  ],
  ["empty", () => new Float32Array(0), "a vector of 0 dimensions where 16 were expected"],
  ["longer", () => new Float32Array(24).fill(1), "a vector of 24 dimensions where 16 were expected"],
])("L1: a %s vector is refused, naming the chunk", async (_, vectorOf, message) => {
  await using fixture = await openNotes("tiny");
  const { documents } = fixture.knowledge;
  await documents.add(name, [createDocument("a.md", "copper")], signal);
  fixture.engine.models = { tiny: { dimension: 16, vectorOf } };
  const error = await documents
    .add(name, [createDocument("b.md", "x")], signal)
    .catch((caught: unknown) => caught);
  expect(String(error)).toContain(`tiny gave ${message}`);
  expect(String(error)).toContain("chunk 0 of b.md");
  expect(await countRows(fixture)).toEqual([1, 0, 1, 1, 1]);
});

test("a zero vector is refused as the first one of a collection too", async () => {
  await using fixture = await openNotes("tiny");
  fixture.engine.models = { tiny: { dimension: 16, vectorOf: () => new Float32Array(16) } };
  const added = fixture.knowledge.documents.add(name, [createDocument("b.md", "x")], signal);
  await expect(added).rejects.toThrow("a vector of zeros");
  expect(await countRows(fixture)).toEqual([0, 0, 0, 0, 0]);
});

test("L2: a model of the same name that is another one is refused, with what to do", async () => {
  await using fixture = await openNotes("tiny");
  const { documents } = fixture.knowledge;
  await documents.add(name, [createDocument("a.md", "copper")], signal);
  fixture.engine.models = { tiny: { dimension: 24 } };
  const error = await documents
    .add(name, [createDocument("b.md", "x")], signal)
    .catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "conflict" });
  expect(String(error)).toMatch(
    /tiny was changed \(bert 1 16 before, bert 1 24 now\); re-embed the collection/,
  );
});

test("where the model is gone, the refusal names the collection and what to do", async () => {
  await using fixture = await openNotes("tiny");
  fixture.engine.models = {};
  const added = fixture.knowledge.documents.add(name, [createDocument("a.md", "copper")], signal);
  await expect(added).rejects.toMatchObject({
    code: "model_not_found",
    message: expect.stringContaining("hearth collection reembed notes MODEL"),
  });
});

test("L3: every field that a built-in collection is filtered by is in every row", async () => {
  await using fixture = await openKnowledge();
  const { documents, search } = fixture.knowledge;
  const expected: Readonly<Record<string, object>> = {
    "codebase-context": { language: "", success_rate: 0.5, category: "", usage_count: 0 },
    "skills-patterns": { skill_name: "", value_score: 0 },
    "error-solutions": { error_type: "", confidence_score: 0 },
    "interaction-history": { agent_type: "local", outcome: "unknown", tokens_used: 0, value_score: 0 },
    "best-practices": { category: "", endorsement_count: 0 },
  };
  for (const [collection, fields] of Object.entries(expected)) {
    const [added] = await documents.add(collection, [createDocument("a", "copper")], signal);
    expect((await documents.get(collection, added?.id ?? "")).attributes).toEqual({ ...fields });
    for (const [field, value] of Object.entries(fields)) {
      const query = { collections: [collection], text: "copper", maxResults: 1, tenant: "t" };
      expect((await search({ ...query, filter: { [field]: value } }, signal)).hits).toHaveLength(1);
    }
  }
});

test("a built-in collection refuses a field of another type", async () => {
  await using fixture = await openKnowledge();
  const { documents } = fixture.knowledge;
  const add = (attributes: Record<string, string | number>) =>
    documents.add("interaction-history", [createDocument("a", "x", attributes)], signal);
  await expect(add({ tokens_used: "many" })).rejects.toThrow(
    'interaction-history has a number as attribute tokens_used, and "many" was given',
  );
  await expect(add({ outcome: "fine" })).rejects.toThrow(
    'outcome is one of success, partial, failure, unknown, and "fine" was given',
  );
  await expect(add({ user_feedback: 2 })).rejects.toThrow("-1, 0, 1");
});

test("use is counted once a document and moves its success rate by a tenth", async () => {
  await using fixture = await openNotes();
  const { documents, collections } = fixture.knowledge;
  const [added] = await documents.add(name, [createDocument("a.md", ["copper", "copper wire"])], signal);
  const found = await fixture.knowledge.search(
    { collections: [name], text: "copper", maxResults: 5, tenant: "t" },
    signal,
  );
  const revision = await collections.revision([name]);
  fixture.nowMs = 2_000_000;
  const ids = [...found.hits.map(({ chunkId }) => chunkId), "chunk-99-1", "nonsense"];
  await documents.noteUse(ids, { success: true });
  const read = async () => (await documents.get(name, added?.id ?? "")).attributes;
  expect(await read()).toEqual({ access_count: 1, last_accessed: 2_000_000, success_rate: 0.55 });
  await documents.noteUse(ids, { success: false });
  expect(await read()).toMatchObject({ access_count: 2, success_rate: 0.9 * 0.55 });
  expect(await collections.revision([name])).toBe(revision);
  await documents.add(name, [createDocument("a.md", "granite")], signal);
  expect(await read()).toMatchObject({ access_count: 2 });
});

test("attributes are merged, and null takes one away", async () => {
  await using fixture = await openNotes();
  const { documents } = fixture.knowledge;
  const [added] = await documents.add(name, [createDocument("a.md", "copper", { a: 1, b: "x" })], signal);
  const id = added?.id ?? "";
  await documents.setAttributes(name, id, { b: null, c: [true, "y"] });
  expect((await documents.get(name, id)).attributes).toEqual({ a: 1, c: [true, "y"] });
  await expect(documents.setAttributes(name, "doc-0", {})).rejects.toMatchObject({ code: "not_found" });
});

test("pages follow one another, and a page that begins nowhere is refused", async () => {
  await using fixture = await openNotes();
  const { documents } = fixture.knowledge;
  const all = Array.from({ length: 5 }, (_, index) => createDocument(`${index}.md`, `text ${index}`));
  await documents.add(name, all, signal);
  const first = await documents.list(name, { limit: 3 });
  const rest = await documents.list(name, { limit: 3, after: first.at(-1)?.id ?? "" });
  expect([...first, ...rest].map(({ source }) => source)).toEqual(all.map(({ source }) => source));
  await expect(documents.list(name, { limit: 3, after: "doc-0" })).rejects.toThrow('after is "doc-0"');
  await expect(documents.list(name, { limit: 0 })).rejects.toThrow("limit is 0");
});

test("bad documents are refused before anything is written", async () => {
  await using fixture = await openNotes();
  const { documents } = fixture.knowledge;
  const good = createDocument("a.md", "copper");
  for (const [change, message] of [
    [{ chunks: [] }, "the document b.md has no text"],
    [{ chunks: [{ text: " ", startLine: 1, endLine: 1 }] }, "chunk 0 of b.md is blank"],
    [{ chunks: [{ text: "x", startLine: 2, endLine: 1 }] }, "the lines 2 to 1"],
    [{ chunks: [{ text: "x".repeat(40_000), startLine: 1, endLine: 1 }] }, "40000 characters"],
    [
      { chunks: Array(20_001).fill({ text: "x", startLine: 1, endLine: 1 }) },
      "20001 chunks and 20000 is the most",
    ],
    [{ attributes: { long: "x".repeat(70_000) } }, "the attributes of b.md have 700"],
    [{ source: "" }, "source is empty"],
  ] as const) {
    const bad = { ...createDocument("b.md", "x"), ...change };
    await expect(documents.add(name, [good, bad], signal)).rejects.toThrow(message);
  }
  expect(await countRows(fixture)).toEqual([0, 0, 0, 0, 0]);
  await expect(documents.add("nope", [good], signal)).rejects.toMatchObject({ code: "not_found" });
});

test("a text that is longer than the model takes is embedded in pieces and found by each of them", async () => {
  await using fixture = await openKnowledge({ models: { short: { dimension: 32, maxWords: 8 } } });
  await fixture.knowledge.collections.create({ name, embeddingModel: "short" });
  const long = `${"copper ".repeat(20)}${"granite ".repeat(20)}`;
  await fixture.knowledge.documents.add(
    name,
    [createDocument("a", long), createDocument("b", "milk")],
    signal,
  );
  const query = { collections: [name], text: "granite", maxResults: 1, tenant: "t" };
  const { hits } = await fixture.knowledge.search(query, signal);
  expect(hits[0]?.source).toBe("a");
  // Half of the text is granite: two directions of about equal weight, whose sum is at 45 degrees to each.
  expect(hits[0]?.score).toBeWithin(0.5, 0.9);
});

test("cancelled work leaves nothing of the document that it was at", async () => {
  await using fixture = await openNotes("tiny");
  const abort = new AbortController();
  fixture.engine.models = {
    tiny: {
      dimension: 16,
      fails: () => {
        abort.abort();
        return undefined;
      },
    },
  };
  const added = fixture.knowledge.documents.add(name, [createDocument("a.md", "copper")], abort.signal);
  await expect(added).rejects.toThrow();
  expect(await countRows(fixture)).toEqual([0, 0, 0, 0, 0]);
});

test("two writers on one database lose nothing", async () => {
  await using fixture = await openNotes("tiny");
  await using stack = new AsyncDisposableStack();
  const second = await openHomeDatabase(fixture.home);
  stack.defer(() => second.close());
  await second.loadVectors(fixture.home);
  const other = createKnowledge({
    ...{ home: fixture.home, engine: fixture.engine, database: async () => second, now: () => 5 },
    logger: { warn() {} },
  });
  const documents = (side: string) =>
    Array.from({ length: 40 }, (_, index) => createDocument(`${index}.md`, [`${side} ${index}`, "shared"]));
  await Promise.all([
    fixture.knowledge.documents.add(name, documents("left"), signal),
    other.documents.add(name, documents("right"), signal),
  ]);
  expect(await fixture.knowledge.collections.get(name)).toMatchObject({ documents: 40, chunks: 80 });
  expect(await countRows(fixture)).toEqual([40, 0, 80, 80, 80]);
});

test("a source that is given twice at once is there once, as it was given last", async () => {
  await using fixture = await openNotes();
  const twice = [createDocument("a.md", ["copper", "wire"]), createDocument("a.md", "granite")];
  const added = await fixture.knowledge.documents.add(name, twice, signal);
  expect(added.map(({ status }) => status)).toEqual(["added", "replaced"]);
  expect(await countRows(fixture)).toEqual([1, 0, 1, 1, 0]);
  expect([await search(fixture, "copper"), await search(fixture, "granite")]).toEqual([[], ["a.md"]]);
});

test("a source that is given anew and then as it is there already stays as it was given last", async () => {
  await using fixture = await openNotes("tiny");
  const { documents } = fixture.knowledge;
  await documents.add(name, [createDocument("a.md", "granite")], signal);
  const twice = [createDocument("a.md", "copper"), createDocument("a.md", "granite")];
  const added = await documents.add(name, twice, signal);
  expect(added.map(({ status }) => status)).toEqual(["replaced", "replaced"]);
  expect(await countRows(fixture)).toEqual([1, 0, 1, 1, 1]);
  const text = "granite";
  const { hits } = await fixture.knowledge.search(
    { collections: [name], text, maxResults: 5, tenant: "t" },
    signal,
  );
  expect(hits).toMatchObject([{ source: "a.md", text }]);
});
