import { expect, test } from "bun:test";
import { sql } from "kysely";
import { openHomeDatabase } from "../../store/index.ts";
import { createKnowledge } from "../knowledge.ts";
import { createDocument, type KnowledgeFixture, openKnowledge, signal } from "../knowledge-fixture.ts";

const name = "notes";

async function openNotes(): Promise<KnowledgeFixture> {
  const fixture = await openKnowledge({ models: { tiny: { dimension: 16 } } });
  await fixture.knowledge.collections.create({ name, embeddingModel: "tiny" });
  return fixture;
}

function fileIn(root: string, source: string, texts: string | readonly string[] = "copper wire") {
  return { ...createDocument(source, texts, { file_path: source }), root };
}

async function listPaths({ knowledge }: KnowledgeFixture) {
  const documents = await knowledge.documents.list(name, { limit: 100 });
  return documents.map(({ root, source }) => [root, source]);
}

async function find({ knowledge }: KnowledgeFixture, text: string) {
  return await knowledge.search({ collections: [name], text, maxResults: 10, tenant: "test" }, signal);
}

/** Chunks with a word in the name of their file. */
async function countNamed({ database }: KnowledgeFixture, word: string): Promise<number> {
  const match = `source: ${word}`;
  const { rows } = await sql`select rowid from chunk_words where chunk_words match ${match}`.execute(
    database.kysely,
  );
  return rows.length;
}

/** A second document of a file, as collections may have that were filled by earlier programs. */
async function addTwin(
  { knowledge, database }: KnowledgeFixture,
  root: string,
  source: string,
  text: string,
) {
  await knowledge.documents.add(name, [fileIn("elsewhere", source, text)], signal);
  await database.kysely
    .updateTable("document")
    .set({ root })
    .where("root", "=", "elsewhere")
    .where("source", "=", source)
    .execute();
}

test("a file that an outer folder brings comes to it with its vectors, its name and what is known of it", async () => {
  await using fixture = await openNotes();
  const { documents, collections } = fixture.knowledge;
  const [inner] = await documents.add(name, [fileIn("/a/src", "deep/x.md")], signal);
  const id = inner?.id ?? "";
  await documents.setAttributes(name, id, { owner: "Ann" });
  const [hit] = (await find(fixture, "copper")).hits;
  await documents.noteUse([hit?.chunkId ?? ""], { success: true });
  const revision = await collections.revision([name]);
  const [outer] = await documents.add(name, [fileIn("/a", "src/deep/x.md")], signal);
  expect(outer).toEqual({ id, source: "src/deep/x.md", status: "unchanged" });
  expect(fixture.engine.embedded.filter(({ inputs }) => inputs.includes("copper wire"))).toHaveLength(1);
  expect(await listPaths(fixture)).toEqual([["/a", "src/deep/x.md"]]);
  expect((await documents.get(name, id)).attributes).toMatchObject({
    ...{ file_path: "src/deep/x.md", owner: "Ann", access_count: 1 },
  });
  expect(await collections.revision([name])).not.toBe(revision);
  expect((await find(fixture, "src")).hits).toMatchObject([{ root: "/a", source: "src/deep/x.md" }]);
  expect(await countNamed(fixture, "src")).toBe(1);
});

test("a file that an outer folder has is replaced there, under the name that it has there", async () => {
  await using fixture = await openNotes();
  const { documents } = fixture.knowledge;
  const [outer] = await documents.add(name, [fileIn("/a", "src/x.md")], signal);
  const inner = [fileIn("/a/src", "x.md", "granite"), fileIn("/a/src", "new.md", "milk")];
  expect(await documents.add(name, inner, signal)).toMatchObject([
    { id: outer?.id ?? "", source: "x.md", status: "replaced" },
    { source: "new.md", status: "added" },
  ]);
  expect(await listPaths(fixture)).toEqual([
    ["/a", "src/x.md"],
    ["/a/src", "new.md"],
  ]);
  const { attributes, text } = await documents.get(name, outer?.id ?? "");
  expect({ attributes, text }).toMatchObject({
    ...{ attributes: { file_path: "src/x.md" }, text: [{ text: "granite" }] },
  });
  expect((await find(fixture, "src/x")).hits[0]).toMatchObject({ root: "/a", source: "src/x.md" });
});

test("of two documents of a file the outer one is kept, and nothing of the other stays", async () => {
  await using fixture = await openNotes();
  const { documents, collections } = fixture.knowledge;
  const [outer] = await documents.add(name, [fileIn("/a", "b/c/x.md")], signal);
  await addTwin(fixture, "/a/b", "c/x.md", "copper wire");
  await addTwin(fixture, "/a/b/c", "x.md", "old granite");
  expect(await listPaths(fixture)).toHaveLength(3);
  expect(await documents.add(name, [fileIn("/a/b", "c/x.md")], signal)).toMatchObject([
    { id: outer?.id ?? "", status: "unchanged" },
  ]);
  expect(await listPaths(fixture)).toEqual([["/a", "b/c/x.md"]]);
  expect(await collections.get(name)).toMatchObject({ documents: 1, chunks: 1 });
  expect((await find(fixture, "granite")).hits).toMatchObject([{ source: "b/c/x.md" }]);
});

test.each([
  ["the whole disk holds every folder", "/", "a/x.md", "/a", "x.md", [["/", "a/x.md"]]],
  [
    "a name that begins like another is another folder",
    ...(["/a/b", "c/x.md", "/a/bc", "x.md"] as const),
    [
      ["/a/b", "c/x.md"],
      ["/a/bc", "x.md"],
    ],
  ],
  [
    "pages hold no pages",
    ...(["https://e.org/a", "x", "https://e.org", "a/x"] as const),
    [
      ["https://e.org/a", "x"],
      ["https://e.org", "a/x"],
    ],
  ],
] as const)("%s", async (_, root, source, otherRoot, otherSource, expected) => {
  await using fixture = await openNotes();
  const { documents } = fixture.knowledge;
  await documents.add(name, [fileIn(root, source)], signal);
  await documents.add(name, [fileIn(otherRoot, otherSource)], signal);
  expect(await listPaths(fixture)).toEqual(expected.map((pair) => [...pair]));
});

test("a file that is given under both folders at once is there once, with the words of the outer name", async () => {
  await using fixture = await openNotes();
  const { documents } = fixture.knowledge;
  const both = [fileIn("/a/src", "x.md", ["copper", "wire"]), fileIn("/a", "src/x.md", ["copper", "wire"])];
  await documents.add(name, both, signal);
  expect(await listPaths(fixture)).toEqual([["/a", "src/x.md"]]);
  expect(await countNamed(fixture, "src")).toBe(2);
});

test("two processes that add the files of two folders keep each of them once", async () => {
  await using fixture = await openNotes();
  await using stack = new AsyncDisposableStack();
  const second = await openHomeDatabase(fixture.home);
  stack.defer(() => second.close());
  await second.loadVectors(fixture.home);
  const other = createKnowledge({
    ...{ home: fixture.home, engine: fixture.engine, database: async () => second, now: () => 5 },
    logger: { warn() {} },
  });
  const files = (root: string, folder: string) =>
    Array.from({ length: 40 }, (_, index) =>
      fileIn(root, `${folder}${index}.md`, [`text ${index}`, "shared"]),
    );
  for (const half of [0, 1]) {
    const start = half * 20;
    await Promise.all([
      fixture.knowledge.documents.add(name, files("/a/src", "").slice(start, start + 20), signal),
      other.documents.add(name, files("/a", "src/").slice(start, start + 20), signal),
    ]);
  }
  const paths = await listPaths(fixture);
  expect(new Set(paths.map(([root]) => root))).toEqual(new Set(["/a"]));
  expect(paths).toHaveLength(40);
  expect(await fixture.knowledge.collections.get(name)).toMatchObject({ documents: 40, chunks: 80 });
});

test("a set of vectors counts those that are there, however often documents were replaced and removed", async () => {
  await using fixture = await openNotes();
  const { documents } = fixture.knowledge;
  await documents.add(name, [fileIn("/a", "src/x.md", ["one", "two", "three"])], signal);
  await addTwin(fixture, "/a/src", "x.md", "one");
  for (const texts of [["four", "five"], "six"])
    await documents.add(name, [fileIn("/a/src", "x.md", texts)], signal);
  const { vectors } = await fixture.database.kysely
    .selectFrom("vector_set")
    .select("vectors")
    .executeTakeFirstOrThrow();
  expect(vectors).toBe(1);
});
