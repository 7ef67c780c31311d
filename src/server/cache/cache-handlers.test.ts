import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Database, openHomeDatabase } from "../../store/index.ts";
import {
  createFakeCoordinator,
  createFakeEngine,
  createFakeLibrary,
  createServerRecords,
  createTemporaryFolder,
  quietSettings,
} from "../../testing/index.ts";
import { createServerApp } from "../app.ts";

const folder = createTemporaryFolder();
const keys = { apiKeys: ["key-a", "key-b", "boss"], adminKeys: ["boss"] };
let database: Database;
let app: ReturnType<typeof createServerApp>;
let settle: () => Promise<void>;

beforeAll(async () => {
  database = await openHomeDatabase(folder.path);
  const engine = createFakeEngine();
  const library = createFakeLibrary({ names: ["fake-model"] });
  const admitting = { ok: true, output: { admit: true, serve: true, reason: "" } } as never;
  const coordinator = createFakeCoordinator({
    ...{ engine, library, settings: { ...quietSettings, cache: "exact" } },
    database: async () => database,
    plugins: async () => ({
      decide: async () => admitting,
      judge: () => Promise.reject(new Error("no judges")),
    }),
  });
  settle = async () => (await coordinator.cache()).settle();
  app = createServerApp(createServerRecords({ engine, library, coordinator, ...keys }).deps);
});
afterAll(async () => {
  await database.close();
  folder[Symbol.dispose]();
});

async function send(method: string, path: string, key: string, body?: object) {
  const response = await app.request(path, {
    method,
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = JSON.parse(await response.text());
  await settle();
  return { status: response.status, answer, headers: response.headers };
}

const chat = (content: string, key: string, hearth: object = {}) =>
  send("POST", "/v1/chat/completions", key, {
    ...{ model: "fake-model", messages: [{ role: "user", content }], temperature: 0, hearth },
  });

describe("the cache over HTTP", () => {
  test("answers again with a header that says so, and no-store asks anew", async () => {
    const first = await chat("Why is the sky blue?", "key-a");
    expect(first.headers.get("x-hearth-cache")).toBe("miss");
    const second = await chat("Why is the sky blue?", "key-a");
    expect(second.headers.get("x-hearth-cache")).toBe("exact; similarity=1.0000; age=0");
    expect(second.answer.usage.prompt_tokens_details.cached_tokens).toBe(second.answer.usage.prompt_tokens);
    expect(second.answer.choices).toEqual(first.answer.choices);
    expect((await chat("Why is the sky blue?", "key-b")).headers.get("x-hearth-cache")).toBe("miss");
  });

  test("takes feedback of whoever was served, by the id of the answer", async () => {
    const question = "Why do cats purr?";
    await chat(question, "key-a");
    const { answer } = await chat(question, "key-a");
    const body = { interaction_id: answer.id, right: false };
    expect((await send("POST", "/v1/cache/feedback", "key-b", body)).status).toBe(404);
    expect((await send("POST", "/v1/cache/feedback", "key-a", body)).answer).toEqual({ noted: true });
    expect((await chat(question, "key-a")).headers.get("x-hearth-cache")).toBe("miss");
  });

  test("shows its figures and is purged by administrators alone", async () => {
    await chat("Why does ice float?", "key-a", { tags: ["science"] });
    expect((await send("GET", "/v1/cache", "key-a")).status).toBe(403);
    expect((await send("DELETE", "/v1/cache?all=true", "key-a")).status).toBe(403);
    const { answer } = await send("GET", "/v1/cache", "boss");
    expect(answer).toMatchObject({ max_bytes: 2 ** 28, max_false_hit_share: 0.01 });
    expect(answer.entries).toBeGreaterThan(0);
    expect((await send("DELETE", "/v1/cache?tag=science", "boss")).answer).toEqual({ removed: 1 });
    expect((await send("DELETE", "/v1/cache?all=true", "boss")).answer.removed).toBe(answer.entries - 1);
  });

  test.each(["", "?tag=", "?tag=a&model=b", "?al=true", "?all=yes"])(
    "refuses to guess what %p is to remove",
    async (query) => {
      const { status, answer } = await send("DELETE", `/v1/cache${query}`, "boss");
      expect({ status, type: answer.error.type }).toEqual({ status: 400, type: "invalid_request_error" });
    },
  );

  test.each([
    [{ right: true }, "entry"],
    [{ entry: "a", interaction_id: "b", right: true }, "entry"],
    [{ entry: "a", right: "yes" }, "right"],
    [{ entry: "a", right: true, wrong: 1 }, "wrong"],
  ])("refuses feedback %p", async (body, named) => {
    const { status, answer } = await send("POST", "/v1/cache/feedback", "key-a", body);
    expect(status).toBe(400);
    expect(answer.error.message).toContain(named);
  });
});
