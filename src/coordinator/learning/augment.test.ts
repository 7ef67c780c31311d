import { expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { Hit, Knowledge, SearchQuery } from "../../knowledge/index.ts";
import { augment, nothingFound } from "./augment.ts";
import { openTestLearning, signal, type Told } from "./learning.fixture.ts";

type Found = { readonly score: number; readonly text?: string; readonly attributes?: JsonObject };

/** Collections that find what a test says, best first; `asked` is every query. */
function createParts(
  found: Readonly<Record<string, readonly Found[]>>,
  { local = [] as readonly string[], failing = "" } = {},
) {
  const asked: SearchQuery[] = [];
  const told: Told[] = [];
  const search = async (query: SearchQuery) => {
    asked.push(query);
    const [name = ""] = query.collections;
    if (name === failing) throw new AppError("server_error", "the index is gone");
    const hits = (found[name] ?? []).map(
      ({ score, text = "text", attributes = {} }, index): Hit => ({
        ...{ chunkId: `${name}-${index}`, documentId: "d", collection: name, source: "a.ts", score, text },
        ...{ startLine: 3, endLine: 4, attributes },
      }),
    );
    return { mode: "words" as const, hits, ...(hits.length === 0 && { reason: "nothing matches" }) };
  };
  const find = async (name: string) => ({ name, label: local.includes(name) ? "local" : "any" });
  const knowledge = { search, collections: { find } } as unknown as Knowledge;
  const parts = {
    deps: {
      knowledge: async () => knowledge,
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    },
    telemetry: {
      tell: (name: string, payload: object) => void told.push({ name, payload: { ...payload } }),
      flush: async () => undefined,
      stats: () => ({ written: 0, dropped: 0 }),
    },
  };
  const run = (agentType: "local" | "remote" = "local") =>
    augment(parts, { query: "how to retry", agentType, tenant: "alice" }, signal);
  return { run, asked, told };
}
const times = (count: number, found: Found): readonly Found[] => Array(count).fill(found);

test("each collection gives as many as its limit, in order, and the history is not searched", async () => {
  const { run, asked } = createParts({
    "codebase-context": times(9, { score: 0.9 }),
    "skills-patterns": times(9, { score: 0.9 }),
    "error-solutions": times(9, { score: 0.9 }),
    "best-practices": times(9, { score: 0.9 }),
    "interaction-history": times(9, { score: 0.9 }),
  });
  const { searched, contextIds } = await run();
  expect(searched.map(({ collection, hits }) => [collection, hits.length])).toEqual([
    ["codebase-context", 5],
    ["skills-patterns", 3],
    ["error-solutions", 2],
    ["best-practices", 2],
  ]);
  expect(contextIds.length).toBe(12);
  expect(asked.map(({ minScore }) => minScore)).toEqual([0.7, 0.75, 0.8, 0.75]);
});

test("what lies below a collection's bar is left out", async () => {
  const { run } = createParts({
    "codebase-context": [{ score: 0.7 }, { score: 0.699 }],
    "skills-patterns": [{ score: 0.74 }],
    "error-solutions": [{ score: 0.8 }, { score: 0.79 }],
    "best-practices": [{ score: 0.75 }],
  });
  expect((await run()).contextIds).toEqual(["codebase-context-0", "error-solutions-0", "best-practices-0"]);
});

test("the prompt has one section a collection, with snippets and solutions cut at 200 characters", async () => {
  const { run } = createParts({
    "codebase-context": [{ score: 0.9, text: "x".repeat(300) }],
    "error-solutions": [{ score: 0.9, text: "ECONNRESET", attributes: { solution: "y".repeat(300) } }],
  });
  expect((await run()).prompt).toBe(
    [
      ...["how to retry", "", "# Context", "", "## Code", `- a.ts:3-4: ${"x".repeat(200)}`, ""],
      ...["## Known errors and their solutions", `- a.ts:3-4: ECONNRESET — ${"y".repeat(200)}`],
    ].join("\n"),
  );
});

test("where nothing matches, the prompt says so and each collection says why", async () => {
  const { run, told } = createParts({});
  const { prompt, contextIds, searched } = await run();
  expect(prompt).toBe(`how to retry\n\n# Context\n\n${nothingFound}`);
  expect(contextIds).toEqual([]);
  expect(searched.map(({ reason }) => reason)).toEqual(Array(4).fill("nothing matches"));
  expect(told.at(-1)).toEqual({
    name: "context_augmented",
    payload: { agent_type: "local", context_count: 0, collections: [] },
  });
});

test("a collection that fails costs its own section alone", async () => {
  const { run } = createParts({ "best-practices": [{ score: 0.9 }] }, { failing: "codebase-context" });
  const { searched, contextIds } = await run();
  expect(searched[0]).toMatchObject({ mode: "none", reason: "the index is gone" });
  expect(contextIds).toEqual(["best-practices-0"]);
});

test("for a remote agent, collections labelled local are not even searched", async () => {
  const { run, asked } = createParts(
    { "codebase-context": [{ score: 0.9, text: "inside" }], "best-practices": [{ score: 0.9 }] },
    { local: ["codebase-context"] },
  );
  const { prompt, searched } = await run("remote");
  expect(prompt).not.toContain("inside");
  expect(asked.some(({ collections }) => collections.includes("codebase-context"))).toBe(false);
  expect(searched[0]?.reason).toContain("labelled local");
});

test("patterns made of another tenant's requests are not shown", async () => {
  const { run } = createParts({
    "skills-patterns": [
      { score: 0.95, text: "bob's", attributes: { tenant: "bob" } },
      { score: 0.9, text: "alice's", attributes: { tenant: "alice" } },
      { score: 0.85, text: "everybody's" },
    ],
  });
  const { prompt } = await run();
  expect(prompt).not.toContain("bob's");
  expect(prompt).toContain("alice's");
  expect(prompt).toContain("everybody's");
});

test("the real collections answer through learning", async () => {
  await using opened = await openTestLearning();
  const { documents } = opened.knowledge;
  const chunks = [{ text: "retry with full jitter", startLine: 1, endLine: 1 }];
  const document = { source: "retry.md", chunks, contentHash: "1", attributes: {} };
  await documents.add("best-practices", [document], signal);
  const asked = { query: "retry with full jitter", agentType: "local", tenant: "alice" } as const;
  const { contextIds, query } = await opened.learning.augment(asked, signal);
  expect({ contextIds, query }).toEqual({
    ...{ contextIds: ["chunk-of-document-1"], query: "retry with full jitter" },
  });
});
