import { expect, test } from "bun:test";
import { sql } from "kysely";
import { AppError } from "../../base/index.ts";
import { createDocument, openKnowledge, signal } from "../knowledge-fixture.ts";
import { blockNumbers } from "../vectors/sign-blocks.ts";
import { maxComparedVectors } from "../vectors/vector-sets.ts";
import { firstCollections } from "./schemas.ts";

const name = "notes";
const models = {
  tiny: { dimension: 16 },
  wide: { dimension: 24 },
  "far@elsewhere": { dimension: 8, isRemote: true },
};
const query = { collections: [name], text: "copper", maxResults: 5, tenant: "test" };

test("the five collections are always there, and one that is removed comes back empty", async () => {
  await using fixture = await openKnowledge();
  const { collections, documents } = fixture.knowledge;
  expect((await collections.list()).map((collection) => collection.name)).toEqual([...firstCollections]);
  await documents.add("codebase-context", [createDocument("a.ts", "copper")], signal);
  const before = await collections.revision(["codebase-context"]);
  expect(await collections.remove("codebase-context")).toBe(true);
  expect(await collections.get("codebase-context")).toMatchObject({ documents: 0, chunks: 0 });
  expect(await collections.revision(["codebase-context"])).not.toBe(before);
});

test("what is removed leaves no row, and its name can be had again", async () => {
  await using fixture = await openKnowledge({ models });
  const { collections, documents } = fixture.knowledge;
  await collections.create({ name, embeddingModel: "tiny" });
  const chunks = Array.from({ length: maxComparedVectors + 10 }, (_, index) => `copper ${index}`);
  await documents.add(name, [createDocument("a.md", chunks, { kind: "x" })], signal);
  const count = async (from: string) => {
    const { rows } = await sql<{ readonly n: number }>`select count(*) as n from ${sql.raw(from)}`.execute(
      fixture.database.kysely,
    );
    return rows[0]?.n;
  };
  expect(await count("chunk_signs")).toBe(Math.ceil((chunks.length + 1) / blockNumbers));
  expect(await collections.remove(name)).toBe(true);
  expect(await collections.remove(name)).toBe(false);
  for (const table of [
    "chunk",
    "chunk_words",
    "chunk_vector",
    "chunk_signs",
    "document",
    "document_attribute",
    "vector_set",
  ])
    expect([table, await count(table)]).toEqual([table, 0]);
  await collections.create({ name });
  expect(await collections.get(name)).toMatchObject({ documents: 0 });
});

test("a collection without a named model takes the configured one with its first document, and keeps it", async () => {
  await using fixture = await openKnowledge({ models, embeddingModel: "tiny" });
  const { collections, documents } = fixture.knowledge;
  await collections.create({ name });
  expect((await collections.get(name)).embeddingModel).toBe("tiny");
  expect((await collections.get(name)).dimension).toBeUndefined();
  await documents.add(name, [createDocument("a.md", "copper")], signal);
  expect(await collections.get(name)).toMatchObject({ embeddingModel: "tiny", dimension: 16 });
  expect((await collections.create({ name: "plain", embeddingModel: null })).embeddingModel).toBeUndefined();
});

test("names are checked, and one that is taken is a conflict", async () => {
  await using fixture = await openKnowledge({ models });
  const { collections } = fixture.knowledge;
  for (const bad of ["", "A", "a b", "removed/1", "x".repeat(65), "é"])
    await expect(collections.create({ name: bad })).rejects.toMatchObject({ code: "invalid_request" });
  await collections.create({ name, description: "first" });
  await expect(collections.create({ name })).rejects.toMatchObject({ code: "conflict" });
  expect(await collections.update(name, { description: "second" })).toMatchObject({ description: "second" });
  await expect(collections.create({ name: "b", embeddingModel: "gone" })).rejects.toMatchObject({
    code: "model_not_found",
  });
  await expect(collections.get("nope")).rejects.toThrow(
    /no collection "nope"; there are .*best-practices, notes/,
  );
});

test("a local collection has no model of another machine, in whatever order the two are asked for", async () => {
  await using fixture = await openKnowledge({ models, embeddingModel: "far@elsewhere" });
  const { collections, documents } = fixture.knowledge;
  const refusal = /labelled local and far@elsewhere is on another machine/;
  await expect(collections.create({ name, label: "local" })).rejects.toThrow(refusal);
  await expect(collections.create({ name, label: "local", embeddingModel: "far@elsewhere" })).rejects.toThrow(
    refusal,
  );
  await collections.create({ name });
  await expect(collections.update(name, { label: "local" })).rejects.toThrow(refusal);
  await collections.create({ name: "mine", label: "local", embeddingModel: "tiny" });
  await expect(collections.reembed("mine", "far@elsewhere", { signal })).rejects.toThrow(refusal);
  await documents.add("mine", [createDocument("a.md", "copper")], signal);
  const rerankModel = "far@elsewhere";
  await expect(
    fixture.knowledge.search({ ...query, collections: ["mine"], rerankModel }, signal),
  ).rejects.toThrow("mine is to stay on this machine");
  expect(fixture.engine.embedded.every(({ model, privacy }) => model === "tiny" && privacy === "local")).toBe(
    true,
  );
});

test("a local question is compared by words where the model is on another machine", async () => {
  await using fixture = await openKnowledge({ models });
  const { collections, documents } = fixture.knowledge;
  await collections.create({ name, embeddingModel: "far@elsewhere" });
  await documents.add(name, [createDocument("a.md", "copper")], signal);
  const { length } = fixture.engine.embedded;
  const found = await fixture.knowledge.search({ ...query, privacy: "local" }, signal);
  expect([found.mode, found.hits.length, fixture.engine.embedded.length]).toEqual(["words", 1, length]);
  expect(found.reason).toContain("far@elsewhere is on another machine");
});

test("re-embedding changes model and dimension at once, also of what is added meanwhile", async () => {
  await using fixture = await openKnowledge({ models });
  const { collections, documents } = fixture.knowledge;
  await collections.create({ name, embeddingModel: "tiny" });
  const texts = Array.from({ length: 150 }, (_, index) => `copper ${index}`);
  await documents.add(name, [createDocument("a.md", texts)], signal);
  const progress: string[] = [];
  let adding: Promise<unknown> | undefined;
  await collections.reembed(name, "wide", {
    signal,
    onProgress(done, total) {
      progress.push(`${done}/${total}`);
      adding ??= documents.add(name, [createDocument("b.md", "late copper")], signal);
    },
  });
  await adding;
  expect(await collections.get(name)).toMatchObject({ embeddingModel: "wide", dimension: 24, chunks: 151 });
  expect(progress[0]).toMatch(/^64\/15[01]$/);
  const { rows } = await sql<{ readonly bytes: number; readonly n: number }>`
    select octet_length(vector) as bytes, count(*) as n from chunk_vector group by 1`.execute(
    fixture.database.kysely,
  );
  expect(rows).toEqual([{ bytes: 24 * 4, n: 151 }]);
  expect((await fixture.knowledge.search(query, signal)).mode).toBe("hybrid");
});

test("re-embedding that was stopped goes on from where it was, and until then the old vectors are searched", async () => {
  await using fixture = await openKnowledge({ models });
  const { collections, documents } = fixture.knowledge;
  await collections.create({ name, embeddingModel: "tiny" });
  const texts = Array.from({ length: 200 }, (_, index) => `copper ${index}`);
  await documents.add(name, [createDocument("a.md", texts)], signal);
  let asked = 0;
  const failure = new AppError("host_died", "the host died");
  fixture.engine.models = {
    ...models,
    wide: { dimension: 24, fails: () => (++asked > 2 ? failure : undefined) },
  };
  await expect(collections.reembed(name, "wide", { signal })).rejects.toThrow("the host died");
  expect(await collections.get(name)).toMatchObject({ embeddingModel: "tiny", dimension: 16 });
  expect((await fixture.knowledge.search(query, signal)).mode).toBe("hybrid");
  fixture.engine.models = models;
  const before = fixture.engine.embedded.filter(({ model }) => model === "wide").length;
  await collections.reembed(name, "wide", { signal });
  expect(fixture.engine.embedded.filter(({ model }) => model === "wide").length - before).toBe(2);
  expect(await collections.get(name)).toMatchObject({ embeddingModel: "wide", dimension: 24 });
});

test("a collection can be made words only, and get vectors later", async () => {
  await using fixture = await openKnowledge({ models });
  const { collections, documents } = fixture.knowledge;
  await collections.create({ name, embeddingModel: "tiny" });
  await documents.add(name, [createDocument("a.md", "copper")], signal);
  expect((await collections.reembed(name, null, { signal })).embeddingModel).toBeUndefined();
  expect((await fixture.knowledge.search(query, signal)).mode).toBe("words");
  await documents.add(name, [createDocument("b.md", "copper wire")], signal);
  expect(await collections.reembed(name, "wide", { signal })).toMatchObject({ dimension: 24 });
  expect((await fixture.knowledge.search(query, signal)).mode).toBe("hybrid");
});

test("the revision changes with any change of content and of which collections it is about", async () => {
  await using fixture = await openKnowledge();
  const { collections, documents } = fixture.knowledge;
  const seen = new Set<string>();
  const see = async () => seen.add(await collections.revision([name, "codebase-context"]));
  await see();
  await collections.create({ name, embeddingModel: null });
  await see();
  const [added] = await documents.add(name, [createDocument("a.md", "copper")], signal);
  await see();
  await documents.setAttributes(name, added?.id ?? "", { kind: "x" });
  await see();
  await documents.remove(name, [added?.id ?? ""]);
  await see();
  await collections.remove(name);
  await collections.create({ name, embeddingModel: null });
  await see();
  expect(seen.size).toBe(6);
  expect(await collections.revision(["b", "a"])).toBe(await collections.revision(["a", "b", "a"]));
});

test("a collection whose deletion was broken off is not seen, and goes with the next one", async () => {
  await using fixture = await openKnowledge();
  const { collections, documents } = fixture.knowledge;
  await collections.create({ name, embeddingModel: null });
  await documents.add(name, [createDocument("a.md", "copper")], signal);
  await fixture.database.kysely
    .updateTable("collection")
    .set({ removed: 1 })
    .where("name", "=", name)
    .execute();
  expect(await collections.find(name)).toBeUndefined();
  await collections.create({ name: "other", embeddingModel: null });
  await collections.remove("other");
  const rows = await fixture.database.kysely.selectFrom("chunk").select("id").execute();
  expect(rows).toEqual([]);
});
