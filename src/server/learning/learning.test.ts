import { expect, test } from "bun:test";
import { createPlugins, silentObserver } from "../../plugin-host/index.ts";
import { systemClock } from "../../resilience/index.ts";
import { openHomeDatabase } from "../../store/index.ts";
import {
  createFakeCoordinator,
  createFakeEngine,
  createFakeLibrary,
  createServerRecords,
  createTemporaryFolder,
  quietSettings,
} from "../../testing/index.ts";
import { createServerApp } from "../app.ts";

type Wire = Readonly<Record<string, unknown>>;

async function openApp({ interactions = "hash" as "off" | "hash", apiKeys = [] as readonly string[] } = {}) {
  const folder = createTemporaryFolder();
  const database = await openHomeDatabase(folder.path);
  const plugins = createPlugins({
    ...{ home: folder.path, trustedKeys: [], requireSigned: false, readVariable: () => undefined },
    ...{ observer: silentObserver, clock: systemClock, now: Date.now },
  });
  const engine = createFakeEngine();
  const library = createFakeLibrary({ names: ["fake-model"] });
  const coordinator = createFakeCoordinator({
    ...{ engine, library, plugins: async () => plugins, database: async () => database },
    settings: { ...quietSettings, interactions },
  });
  const record = coordinator.observe;
  const { deps } = createServerRecords({ engine, library, coordinator, record, apiKeys });
  const app = createServerApp(deps);
  async function send(method: string, path: string, body?: object, key = "") {
    const response = await app.request(path, {
      method,
      headers: { "content-type": "application/json", ...(key !== "" && { "x-api-key": key }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, answer: (await response.json()) as Wire };
  }
  return {
    send,
    async [Symbol.asyncDispose]() {
      await coordinator.close();
      await plugins.close();
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}

const chat = { model: "fake-model", messages: [{ role: "user", content: "zebra" }] };
const report = {
  ...{ query: "zebra", response: "stripes", agent_type: "remote", model_used: "big" },
  ...{ context_ids: ["c1"], tokens_used: 12, latency_ms: 34, consent: true, tags: ["demo"] },
};
const codeOf = ({ error }: Wire) => (error as Wire | undefined)?.code;

test("a chat is an interaction by the id of its answer, and takes an outcome with a value", async () => {
  await using app = await openApp();
  const { answer } = await app.send("POST", "/v1/chat/completions", chat);
  const path = `/v1/interactions/${answer.id}`;
  const told = await app.send("POST", `${path}/outcome`, { outcome: "success", feedback: 1 });
  expect(told).toEqual({
    status: 200,
    answer: {
      ...{ interaction_id: answer.id, status: "recorded", outcome: "success", feedback: 1 },
      ...{ value_score: 0.7, high_value: true, pattern: "none" },
      value_terms: { outcome: 0.4, feedback: 0.2, reusability: 0, complexity: 0, novelty: 0.1 },
    },
  });
  const again = await app.send("POST", `${path}/outcome`, { outcome: "success", feedback: 1 });
  expect(again.answer).toMatchObject({ status: "unchanged", value_score: 0.7, high_value: true });
  const shown = await app.send("GET", path);
  expect(shown.answer).toMatchObject({
    ...{ interaction_id: answer.id, content: "hash", outcome: "success", inferred: false },
    ...{ value_score: 0.7, agent_type: "local", model_used: "fake-model", query_length: 5 },
  });
  expect(shown.answer.query).toBeUndefined();
});

test("an answer of Ollama's routes is one as well", async () => {
  await using app = await openApp();
  await app.send("POST", "/api/generate", { model: "fake-model", prompt: "zebra", stream: false });
  const { answer } = await app.send("GET", "/v1/interactions");
  expect(answer.interactions).toMatchObject([{ query_length: 5, outcome: "unknown", value_score: 0 }]);
});

test("an answer that was made elsewhere is remembered with what the client says of it", async () => {
  await using app = await openApp();
  const { status, answer } = await app.send("POST", "/v1/interactions", report);
  expect(status).toBe(201);
  const shown = await app.send("GET", `/v1/interactions/${answer.interaction_id}`);
  expect(shown.answer).toMatchObject({
    ...{ origin: "reported", agent_type: "remote", model_used: "big", context_ids: ["c1"] },
    ...{ tokens_used: 12, latency_ms: 34, consent: true, tags: ["demo"], private: false },
  });
  const listed = await app.send("GET", "/v1/interactions?outcome=unknown&limit=1");
  expect(listed.answer.interactions).toMatchObject([{ interaction_id: answer.interaction_id }]);
  expect((await app.send("GET", "/v1/interactions?outcome=success")).answer).toEqual({ interactions: [] });
});

test("an interaction is unknown to every key but its own", async () => {
  await using app = await openApp({ apiKeys: ["alice-key", "bob-key"] });
  const { answer } = await app.send("POST", "/v1/interactions", report, "alice-key");
  const path = `/v1/interactions/${answer.interaction_id}`;
  const outcome = { outcome: "success" };
  for (const [method, at, body] of [
    ["GET", path, undefined],
    ["POST", `${path}/outcome`, outcome],
    ["GET", `/v1/interactions?after=${answer.interaction_id}`, undefined],
  ] as const)
    expect((await app.send(method, at, body, "bob-key")).status).toBe(404);
  expect((await app.send("GET", "/v1/interactions", undefined, "bob-key")).answer).toEqual({
    interactions: [],
  });
  expect((await app.send("GET", path, undefined, "alice-key")).answer).toMatchObject({ outcome: "unknown" });
});

test.each([
  ["POST", "/v1/interactions/x/outcome", "outcome", { outcome: "good" }],
  ["POST", "/v1/interactions/x/outcome", "feedback", { outcome: "success", feedback: 2 }],
  ["POST", "/v1/interactions/x/outcome", "rating", { outcome: "success", rating: 2 }],
  ["POST", "/v1/interactions", "agent_type", { ...report, agent_type: "cloud" }],
  ["POST", "/v1/interactions", "context_ids", { ...report, context_ids: Array(65).fill("c") }],
  ["POST", "/v1/augment", "query", { query: "" }],
  ["GET", "/v1/interactions?outcome=good", "outcome", undefined],
  ["GET", "/v1/interactions?limit=0", "limit", undefined],
])("%s %s with a wrong %s is refused by its name", async (method, path, named, body) => {
  await using app = await openApp();
  const { status, answer } = await app.send(method, path, body);
  expect(status).toBe(400);
  expect(JSON.stringify(answer)).toContain(named);
});

test("an unknown id is 404, also a very long one", async () => {
  await using app = await openApp();
  for (const id of ["chatcmpl-9", "x".repeat(2_000), "%F0%9F%98%80"])
    expect((await app.send("POST", `/v1/interactions/${id}/outcome`, { outcome: "success" })).status).toBe(
      404,
    );
});

test("a server that keeps nothing says so where an interaction is reported", async () => {
  await using app = await openApp({ interactions: "off" });
  const { status, answer } = await app.send("POST", "/v1/interactions", report);
  expect({ status, code: codeOf(answer) }).toEqual({ status: 409, code: "conflict" });
});

test("the status tells its parts, and of one that cannot be read why", async () => {
  await using app = await openApp();
  await app.send("POST", "/v1/chat/completions", chat);
  await app.send("GET", "/v1/interactions");
  const { status, answer } = await app.send("GET", "/v1/status");
  expect(status).toBe(200);
  expect(answer).toMatchObject({
    ...{ interactions: "hash", cache: { mode: "off" }, upstreams: [] },
    "rag-collections": { store_status: "unavailable", reason: "this test has no knowledge" },
    "learning-metrics": { interactions: { total: 1, last_7d: 1, high_value: 0 } },
    "token-savings": { queries: { total: 1, local: 1 }, estimate: true, counterfactual: null },
  });
});
