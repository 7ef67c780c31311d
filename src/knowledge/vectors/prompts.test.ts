import { expect, test } from "bun:test";
import { createDocument, openKnowledge } from "../knowledge-fixture.ts";

const { signal } = new AbortController();
const model = "nomic-embed-text";

function openNomic() {
  return openKnowledge({ models: { [model]: { dimension: 8, maxWords: 6 } }, embeddingModel: model });
}

test("a model that wants texts and questions marked gets them marked, each piece of a long text too", async () => {
  await using fixture = await openNomic();
  const { knowledge, engine } = fixture;
  await knowledge.collections.create({ name: "notes" });
  await knowledge.documents.add("notes", [createDocument("a.md", "one two three four five six")], signal);
  const pieces = engine.embedded.flatMap(({ inputs }) => inputs).slice(1);
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces).toEqual(pieces.map(() => expect.stringMatching(/^search_document: \S/)));
  await knowledge.search({ collections: ["notes"], text: "two", maxResults: 1, tenant: "test" }, signal);
  expect(engine.embedded.at(-1)?.inputs).toEqual(["search_query: two"]);
});

test("vectors that were made without the mark are not mixed with those that have it", async () => {
  await using fixture = await openNomic();
  const { knowledge, database } = fixture;
  await knowledge.collections.create({ name: "notes" });
  await knowledge.documents.add("notes", [createDocument("a.md", "one")], signal);
  await database.kysely.updateTable("vector_set").set({ model_mark: "bert 1 8" }).execute();
  const adding = knowledge.documents.add("notes", [createDocument("b.md", "two")], signal);
  await expect(adding).rejects.toThrow("was changed (bert 1 8 before, bert 1 8 search_document: now)");
  await knowledge.collections.reembed("notes", model, { signal });
  await knowledge.documents.add("notes", [createDocument("b.md", "two")], signal);
});
