import { expect, test } from "bun:test";
import { createKnowledge, type Knowledge } from "../../knowledge/index.ts";
import { createFakeEmbeddingEngine } from "../../knowledge/knowledge-fixture.ts";
import { openHomeDatabase } from "../../store/index.ts";
import { createTemporaryFolder } from "../../testing/index.ts";
import { createContext, createReceipt, createRecord, openTestLearning, signal } from "./learning.fixture.ts";

const pattern = {
  problem_type: "disk space",
  solution_approach: "find the largest folders",
  skills_used: ["du"],
  generalizable_pattern: "measure usage by folder before deleting anything",
};

/** Learning over the real store of collections, by words alone or by vectors as well. */
async function open(embeddingModel?: string) {
  const folder = createTemporaryFolder();
  const database = await openHomeDatabase(folder.path);
  const logger = { warn: () => undefined };
  const engine = createFakeEmbeddingEngine({ vectors: { dimension: 256 } });
  const knowledge: Knowledge = createKnowledge({
    ...{ home: folder.path, engine, logger, now: Date.now },
    ...(embeddingModel !== undefined && { embeddingModel }),
    async database() {
      await database.loadVectors(folder.path);
      return database;
    },
  });
  const opened = await openTestLearning({
    pattern: () => JSON.stringify(pattern),
    changes: { knowledge: async () => knowledge, database: async () => database },
  });
  return {
    ...{ ...opened, knowledge, vectors: engine },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}

test.each([
  ["words", undefined],
  ["vectors", "vectors"],
])(
  "from answer to outcome, value, pattern and contexts over the real collections, compared by %s",
  async (_, embeddingModel) => {
    await using opened = await open(embeddingModel);
    const { learning, knowledge } = opened;
    const chunks = [{ text: "du -sh tells how full a disk is", startLine: 1, endLine: 1 }];
    const document = { source: "disk.md", chunks, contentHash: "1", attributes: {} };
    await knowledge.documents.add("best-practices", [document], signal);
    const asked = { query: "du -sh tells how full a disk is", agentType: "local", tenant: "alice" } as const;
    const { contextIds } = await learning.augment(asked, signal);
    expect(contextIds.length).toBe(1);

    const receipt = createReceipt({ context: createContext(contextIds, ["best-practices"]) });
    for (const id of ["chatcmpl-1", "chatcmpl-2"]) {
      learning.track(createRecord(id, "how to free disk space", "1. du 2. rm", { receipt }));
      await learning.settle();
      const told = { id, tenant: "alice", outcome: "success", feedback: 1 } as const;
      const { willExtract } = await learning.setOutcome(told, signal);
      expect(willExtract).toBe(true);
      await learning.settle();
    }
    expect(opened.warnings).toEqual([]);
    const second = await learning.get("chatcmpl-2", "alice");
    // One past query is the same: novelty 0.07, reusability 0.2 · (0.1 + 0.2).
    expect(second.terms).toMatchObject({ outcome: 0.4, feedback: 0.2, reusability: 0.06, novelty: 0.07 });

    const history = await knowledge.documents.list("interaction-history", { limit: 10 });
    expect(history.map(({ source, attributes }) => [source, attributes.outcome])).toEqual([
      ["chatcmpl-1", "success"],
      ["chatcmpl-2", "success"],
    ]);
    const patterns = await knowledge.documents.list("skills-patterns", { limit: 10 });
    expect(patterns.map(({ attributes }) => attributes.success_examples)).toEqual([
      ["how to free disk space", "how to free disk space"],
    ]);
    const [context] = await knowledge.documents.list("best-practices", { limit: 10 });
    // 0.5 → 0.55 → 0.595.
    expect(context?.attributes).toMatchObject({ access_count: 2, success_rate: expect.closeTo(0.595, 6) });
  },
);

test("interactions that are forgotten leave no document behind", async () => {
  await using opened = await open();
  opened.learning.track(createRecord("chatcmpl-1", "how to free disk space", "1. du 2. rm"));
  await opened.learning.settle();
  opened.time.nowMs += 91 * 86_400_000;
  await using later = await openTestLearning({ changes: opened.deps });
  later.learning.track(createRecord("chatcmpl-2", "zebra", "stripes"));
  await later.learning.settle();
  const history = await opened.knowledge.documents.list("interaction-history", { limit: 10 });
  expect(history.map(({ source }) => source)).toEqual(["chatcmpl-2"]);
});

test("where the vectors cannot be made the interaction stays, without a document", async () => {
  await using opened = await open("missing");
  opened.learning.track(createRecord("chatcmpl-1", "how to free disk space", "1. du 2. rm"));
  await opened.learning.settle();
  expect(opened.warnings).toEqual(["history_unwritten"]);
  const kept = await opened.learning.get("chatcmpl-1", "alice");
  expect({ query: kept.query, documentId: kept.documentId }).toEqual({
    ...{ query: "how to free disk space", documentId: undefined },
  });
});
