import { expect, test } from "bun:test";
import { openHomeDatabase } from "../store/index.ts";
import { createRealEngine, createTemporaryFolder, findTestModel } from "../testing/index.ts";
import { createKnowledge } from "./knowledge.ts";
import { createDocument, signal } from "./knowledge-fixture.ts";

const wordVectors = findTestModel("w2v1000-static-bert-f16.gguf");

test.skipIf(wordVectors === undefined)("a real embedding model finds a text by its meaning", async () => {
  using folder = createTemporaryFolder();
  const home = folder.file("home");
  const database = await openHomeDatabase(home);
  const engine = await createRealEngine({ models: [{ id: "words", path: wordVectors ?? "" }] });
  try {
    await database.loadVectors(home);
    const knowledge = createKnowledge({
      ...{ engine, home, embeddingModel: "words", now: Date.now, logger: { warn() {} } },
      database: async () => database,
    });
    const texts = {
      "family.md": "the mother and her son live in a house",
      "war.md": "the army began to fight the war",
      "music.md": "they play a song with the band",
    };
    const documents = Object.entries(texts).map(([source, text]) => createDocument(source, text));
    await knowledge.documents.add("codebase-context", documents, signal);
    expect(await knowledge.collections.get("codebase-context")).toMatchObject({ dimension: 320, chunks: 3 });
    const find = async (text: string) => {
      const query = { collections: ["codebase-context"], text, maxResults: 1, tenant: "test" };
      const { hits, mode } = await knowledge.search(query, signal);
      return [mode, hits[0]?.source];
    };
    expect(await find("father daughter")).toEqual(["hybrid", "family.md"]);
    expect(await find("military force")).toEqual(["hybrid", "war.md"]);
  } finally {
    await engine.stop(AbortSignal.abort());
    await database.close();
  }
});
