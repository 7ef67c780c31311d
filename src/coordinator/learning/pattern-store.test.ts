import { expect, test } from "bun:test";
import { createEmbedder } from "../../judges/index.ts";
import type { Hit, Knowledge } from "../../knowledge/index.ts";
import { createFakeEngine } from "../../testing/index.ts";
import type { Interaction } from "./interaction.ts";
import { signal } from "./learning.fixture.ts";
import { createPatternStore } from "./pattern-store.ts";

const pattern = { problemType: "t", solutionApproach: "s", skillsUsed: [], generalizablePattern: "p" };
const interaction = { id: "chatcmpl-1", tenant: "alice", query: "how", value: 0.9 } as unknown as Interaction;

/** Places the pattern where the collection has these, by their cosines. */
async function place(scores: Readonly<Record<string, number>>) {
  const hits = Object.entries(scores).map(
    ([documentId, score]) =>
      ({
        documentId,
        score,
        text: "t",
        source: documentId,
        attributes: { value_score: 0.7 },
      }) as unknown as Hit,
  );
  const merged: unknown[] = [];
  const knowledge = {
    search: async () => ({ mode: "vectors" as const, hits }),
    collections: { get: async () => ({ embeddingModel: "m", dimension: 2 }) },
    documents: {
      add: async () => [{ id: "new", source: "s", status: "added" as const }],
      list: async () => [],
      setAttributes: async (...given: readonly unknown[]) => void merged.push(given.slice(1)),
    },
  } as unknown as Knowledge;
  const words = createEmbedder({ engine: createFakeEngine({ models: [] }) });
  const store = createPatternStore({ knowledge: async () => knowledge, words, now: () => 5 });
  return { placed: await store.place(pattern, interaction, signal), merged };
}

test("a pattern is taken in by one as alike as 0.9, the best first, and is new where all are less alike", async () => {
  const { placed, merged } = await place({ best: 0.95, same: 0.9 });
  expect(placed).toEqual({ id: "best", result: "merged" });
  expect(merged).toEqual([["best", { value_score: 0.74, success_examples: ["how"], last_updated: 5 }]]);
  expect((await place({ same: 0.9 })).placed.result).toBe("merged");
  expect((await place({ other: 0.8999 })).placed).toEqual({ id: "new", result: "added" });
});
