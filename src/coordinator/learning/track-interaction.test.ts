import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { AppError, nextTurn } from "../../base/index.ts";
import { createFakeClock, waitUntil } from "../../testing/index.ts";
import { maxKeptCharacters } from "./interaction.ts";
import { createContext, createReceipt, createRecord, openTestLearning } from "./learning.fixture.ts";
import { maxWaitingInteractions, writeDelayMs } from "./tracker.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("an answer becomes an interaction with value 0 and an unknown outcome", async () => {
  await using opened = await openTestLearning();
  const receipt = createReceipt({ answeredBy: "big@cloud", context: createContext(["c1", "c2"]) });
  const remote = { ...receipt, route: { ...receipt.route, kind: "remote" as const } };
  opened.learning.track(
    createRecord("chatcmpl-1", "why?", "because", {
      receipt: remote,
      request: { consent: true, tags: ["demo"] },
    }),
  );
  await opened.learning.settle();
  expect(await opened.learning.get("chatcmpl-1", "alice")).toEqual({
    ...{ id: "chatcmpl-1", tenant: "alice", origin: "served", content: "full", query: "why?" },
    ...{ response: "because", queryHash: sha256("why?"), responseHash: sha256("because") },
    ...{ queryLength: 4, responseLength: 7, isCut: false, model: "big@cloud", agentType: "remote" },
    ...{ route: "remote", promptTokens: 30, completionTokens: 12, latencyMs: 40, contextIds: ["c1", "c2"] },
    ...{ tags: ["demo"], consent: true, isPrivate: false, outcome: "unknown", isInferred: false, value: 0 },
    ...{ documentId: "document-1", createdAtMs: Date.UTC(2026, 0, 31, 12) },
  });
  expect(opened.told).toContainEqual({
    name: "interaction_tracked",
    payload: {
      ...{ interaction_id: "chatcmpl-1", agent_type: "remote", model_used: "big@cloud", tokens_used: 42 },
      ...{ latency_ms: 40, context_count: 2 },
    },
  });
});

test("where hashes are kept, no word of question or answer is in the database or the collections", async () => {
  await using opened = await openTestLearning({ interactions: "hash" });
  opened.learning.track(createRecord("chatcmpl-1", "a secret question", "a secret answer"));
  await opened.learning.settle();
  const kept = await opened.learning.get("chatcmpl-1", "alice");
  expect(kept).toMatchObject({ content: "hash", queryHash: sha256("a secret question"), queryLength: 17 });
  const rows = await opened.database.kysely.selectFrom("interaction").selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain("secret");
  expect(opened.knowledge.stored.get("interaction-history")?.size).toBe(0);
});

test("with interactions off nothing is opened, and one that is reported is refused", async () => {
  const database = () => Promise.reject(new Error("it must stay closed"));
  await using opened = await openTestLearning({ interactions: "off", changes: { database } });
  opened.learning.track(createRecord("chatcmpl-1", "why?", "because"));
  await opened.learning.settle();
  expect(opened.warnings).toEqual([]);
  expect(opened.told).toEqual([]);
  const reported = {
    ...{ tenant: "alice", query: "q", response: "r", model: "m", agentType: "local" as const },
    ...{ promptTokens: 0, completionTokens: 0, latencyMs: 0, contextIds: [], collections: [], tags: [] },
    ...{ consent: false, isPrivate: false },
  };
  await expect(opened.learning.report(reported)).rejects.toMatchObject({ code: "conflict" });
});

test("what Hearth asks itself, and answers that did not end well, are no interactions", async () => {
  await using opened = await openTestLearning();
  const byItself = createRecord("judge-1", "q", "a");
  const { isInteraction: _, ...request } = byItself.request;
  opened.learning.track({ ...byItself, request });
  opened.learning.track(createRecord("chatcmpl-2", "q", "a", { outcome: "cancelled" }));
  opened.learning.track(createRecord("chatcmpl-3", "q", "a", { outcome: "failed" }));
  await opened.learning.settle();
  expect(await opened.learning.list({ tenant: "alice", limit: 10 })).toEqual([]);
});

test("texts that are long are cut at the limit, which is said, and hashes are of the whole", async () => {
  await using opened = await openTestLearning();
  const answer = `${"x".repeat(maxKeptCharacters - 1)}😀 and more`;
  opened.learning.track(createRecord("chatcmpl-1", "q", answer));
  const { response, isCut, responseHash, responseLength } = await opened.learning.get("chatcmpl-1", "alice");
  expect(response).toBe("x".repeat(maxKeptCharacters - 1));
  expect({ isCut, responseHash, responseLength }).toEqual({
    ...{ isCut: true, responseHash: sha256(answer), responseLength: answer.length },
  });
});

test("a stored answer is marked as such and counts as made by whom it was made", async () => {
  await using opened = await openTestLearning();
  const route = { kind: "cache", asked: "auto", rule: "exact", reason: "known", attempts: [] } as const;
  const receipt = { answeredBy: "big@cloud", route, cache: { outcome: "exact" as const } };
  opened.learning.track(createRecord("chatcmpl-1", "q", "a", { receipt }));
  await opened.learning.settle();
  expect(await opened.learning.get("chatcmpl-1", "alice")).toMatchObject({
    ...{ route: "cache", agentType: "remote" },
  });
  expect(opened.told).toContainEqual({
    name: "cache_served",
    payload: { interaction_id: "chatcmpl-1", kind: "exact", similarity: null, tokens: 42 },
  });
});

test("what rests on a collection that is labelled local is private, and no collection holds it", async () => {
  await using opened = await openTestLearning();
  opened.knowledge.label("best-practices", "local");
  const receipt = createReceipt({ context: createContext(["c1"], ["best-practices"]) });
  opened.learning.track(createRecord("chatcmpl-1", "q", "a", { receipt }));
  opened.learning.track(createRecord("chatcmpl-2", "q", "a", { request: { privacy: "local" } }));
  await opened.learning.settle();
  for (const id of ["chatcmpl-1", "chatcmpl-2"])
    expect(await opened.learning.get(id, "alice")).toMatchObject({ isPrivate: true });
  expect(opened.knowledge.stored.get("interaction-history")?.size).toBe(0);
});

test("what belongs to a person is taken out of the texts, the same value under the same mark", async () => {
  await using opened = await openTestLearning({ interactions: "redacted" });
  const answer = "I wrote to ann@example.org and to bob@example.org.";
  opened.learning.track(createRecord("chatcmpl-1", "Mail ann@example.org", answer));
  await opened.learning.settle();
  expect(await opened.learning.get("chatcmpl-1", "alice")).toMatchObject({
    ...{ content: "redacted", query: "Mail [EMAIL_1]" },
    response: "I wrote to [EMAIL_1] and to [EMAIL_2].",
  });
  const history = [...(opened.knowledge.stored.get("interaction-history")?.values() ?? [])];
  expect(JSON.stringify(history)).not.toContain("example.org");
});

test("where the texts cannot be scrubbed only their hashes are kept", async () => {
  const plugins = () => Promise.reject(new AppError("plugin_failed", "there is no such plugin"));
  await using opened = await openTestLearning({ interactions: "redacted", changes: { plugins } });
  opened.learning.track(createRecord("chatcmpl-1", "mail ann@x.org", "fine"));
  await opened.learning.settle();
  const rows = await opened.database.kysely.selectFrom("interaction").selectAll().execute();
  expect(rows).toMatchObject([{ content: "hash", query: null, response: null, system: null }]);
  expect(opened.warnings).toEqual(["interaction_unscrubbed"]);
});

test("when too many wait, further ones are dropped and counted; those that wait are written", async () => {
  await using opened = await openTestLearning({ interactions: "hash" });
  for (let index = 0; index < maxWaitingInteractions + 5; index++)
    opened.learning.track(createRecord(`chatcmpl-${index}`, `question ${index}`, "a"));
  await opened.learning.settle();
  expect(opened.warnings).toEqual(["interactions_lost"]);
  expect(await opened.learning.status("alice")).toMatchObject({
    "learning-metrics": { interactions: { total: maxWaitingInteractions, lost: 5 } },
  });
});

test("what was looked up for an answer is told by collection, and not again for a stored answer", async () => {
  await using opened = await openTestLearning();
  const context = createContext(["c1", "c2"], ["codebase-context", "best-practices"]);
  const receipt = createReceipt({ context });
  opened.learning.track(createRecord("chatcmpl-1", "q", "a", { receipt }));
  const stored = { ...receipt, cache: { outcome: "exact" as const } };
  opened.learning.track(createRecord("chatcmpl-2", "q", "a", { receipt: stored }));
  expect(opened.told.filter(({ name }) => name === "context_search")).toEqual([
    {
      name: "context_search",
      payload: { collection: "codebase-context", results: 2, mode: "words" },
    },
    { name: "context_search", payload: { collection: "best-practices", results: 0, mode: "words" } },
  ]);
});

test("answers that end shortly after one another are written together, and a status counts those that wait", async () => {
  const clock = createFakeClock();
  await using opened = await openTestLearning({ interactions: "hash", clock });
  const read = () => opened.database.kysely.selectFrom("interaction").select("id").execute();
  for (const id of ["chatcmpl-1", "chatcmpl-2"]) {
    opened.learning.track(createRecord(id, `question of ${id}`, "a"));
    clock.advance(writeDelayMs / 2 - 1);
    await nextTurn();
  }
  expect(await read()).toEqual([]);
  expect(await opened.learning.status("alice")).toMatchObject({
    "learning-metrics": { interactions: { total: 2 } },
  });
  opened.learning.track(createRecord("chatcmpl-3", "q", "a"));
  clock.advance(writeDelayMs);
  await waitUntil("the third one is written", async () => (await read()).length === 3);
});

test("a database that cannot be written costs the interactions, is logged, and does not throw", async () => {
  const database = () => Promise.reject(new AppError("disk_full", "no space"));
  await using opened = await openTestLearning({ changes: { database } });
  opened.learning.track(createRecord("chatcmpl-1", "q", "a"));
  await opened.learning.settle();
  expect(opened.warnings).toEqual(["interactions_lost"]);
});

test("the newest interactions are listed page by page, and only those of the tenant", async () => {
  await using opened = await openTestLearning({ interactions: "hash" });
  for (let index = 1; index <= 5; index++)
    opened.learning.track(
      createRecord(`chatcmpl-${index}`, "q", "a", { request: { sampling: { seed: 1 } } }),
    );
  opened.learning.track(createRecord("chatcmpl-6", "q", "a", { request: { tenant: "bob" } }));
  const page = await opened.learning.list({ tenant: "alice", limit: 2 });
  expect(page.map(({ id }) => id)).toEqual(["chatcmpl-5", "chatcmpl-4"]);
  const next = await opened.learning.list({ tenant: "alice", limit: 9, after: "chatcmpl-4" });
  expect(next.map(({ id }) => id)).toEqual(["chatcmpl-3", "chatcmpl-2", "chatcmpl-1"]);
  await expect(opened.learning.get("chatcmpl-6", "alice")).rejects.toMatchObject({ code: "not_found" });
  await expect(
    opened.learning.list({ tenant: "alice", limit: 9, after: "chatcmpl-6" }),
  ).rejects.toMatchObject({ code: "not_found" });
});

test("the oldest beyond the limit and those past their days are forgotten, with their documents", async () => {
  const retention = { maxInteractions: 3, maxAgeMs: 1_000 };
  await using opened = await openTestLearning({ retention });
  for (let index = 1; index <= 5; index++) opened.learning.track(createRecord(`chatcmpl-${index}`, "q", "a"));
  await opened.learning.settle();
  const again = await openTestLearning({ retention, changes: opened.deps });
  opened.time.nowMs += 500;
  again.learning.track(createRecord("chatcmpl-6", "q", "a"));
  await again.learning.settle();
  const ids = async () => (await again.learning.list({ tenant: "alice", limit: 9 })).map(({ id }) => id);
  expect(await ids()).toEqual(["chatcmpl-6", "chatcmpl-5", "chatcmpl-4"]);
  const documents = opened.knowledge.stored.get("interaction-history");
  expect([...(documents?.keys() ?? [])].sort()).toEqual(["chatcmpl-4", "chatcmpl-5", "chatcmpl-6"]);
  await again[Symbol.asyncDispose]();
});

test("rows that a wrong clock dated to the future are not kept for ever", async () => {
  const retention = { maxInteractions: 100, maxAgeMs: 1_000 };
  await using opened = await openTestLearning({ retention, interactions: "hash" });
  opened.time.nowMs += 1e12;
  opened.learning.track(createRecord("chatcmpl-1", "q", "a"));
  await opened.learning.settle();
  opened.time.nowMs -= 1e12;
  const open = () => openTestLearning({ retention, interactions: "hash", changes: opened.deps });
  await using second = await open();
  second.learning.track(createRecord("chatcmpl-2", "q", "a"));
  await second.learning.settle();
  opened.time.nowMs += 2_000;
  await using third = await open();
  third.learning.track(createRecord("chatcmpl-3", "q", "a"));
  await third.learning.settle();
  expect((await third.learning.list({ tenant: "alice", limit: 9 })).map(({ id }) => id)).toEqual([
    "chatcmpl-3",
  ]);
});
