import { describe, expect, test } from "bun:test";
import { createFakeClock, createServerRecords, type ServerChanges } from "../testing/index.ts";
import { createServerApp } from "./app.ts";
import { maxRateKeys } from "./limits.ts";

const apiKeys = ["first-key", "second-key"];
const rateLimit = { requestsPerSecond: 10, burst: 3 };

function createApp(changes: ServerChanges = {}) {
  const clock = createFakeClock();
  let refused = 0;
  const records = createServerRecords({ apiKeys, rateLimit, nowMs: clock.nowMs, ...changes });
  const { metrics } = records.deps;
  const counting = { ...metrics, rateLimited: () => void refused++ };
  const app = createServerApp({ ...records.deps, metrics: counting });
  const get = (path: string, headers: Record<string, string> = {}) => app.request(path, { headers });
  const withKey = (key: string, path = "/api/version") => get(path, { authorization: `Bearer ${key}` });
  async function exhaust(headers: Record<string, string> = { authorization: "Bearer first-key" }) {
    for (let sent = 0; sent < rateLimit.burst; sent += 1) {
      expect((await get("/api/version", headers)).status).toBe(200);
    }
  }
  return { ...records, app, clock, get, withKey, exhaust, countRefused: () => refused };
}

test("one key that hammers is refused, and another is answered all the while", async () => {
  const { withKey, countRefused } = createApp();
  const statuses = await Promise.all(
    Array.from({ length: 500 }, async () => (await withKey("first-key")).status),
  );
  expect(statuses.filter((status) => status === 200)).toHaveLength(3);
  expect(countRefused()).toBe(497);
  expect((await withKey("second-key")).status).toBe(200);
});

test("the bucket fills while nobody asks, and the refusal says when to come", async () => {
  const { withKey, exhaust, clock } = createApp();
  await exhaust();
  expect((await withKey("first-key")).headers.get("retry-after")).toBe("1");
  clock.advance(99);
  expect((await withKey("first-key")).status).toBe(429);
  clock.advance(1);
  expect((await withKey("first-key")).status).toBe(200);
});

describe("the refusal has the shape of each protocol", () => {
  test.each([
    ["/v1/models", { code: "rate_limit_exceeded", type: "rate_limit_error" }],
    ["/api/plugins", { code: "rate_limit_exceeded" }],
  ])("%s", async (path, error) => {
    const { withKey, exhaust } = createApp();
    await exhaust();
    const response = await withKey("first-key", path);
    expect(response.status).toBe(429);
    expect(JSON.parse(await response.text()).error).toMatchObject(error);
  });

  test("/api/tags", async () => {
    const { withKey, exhaust } = createApp();
    await exhaust();
    const response = await withKey("first-key", "/api/tags");
    const { error } = JSON.parse(await response.text());
    expect([response.status, error]).toEqual([
      429,
      "This caller may send 10 requests a second, 3 at once; try again in 1 s",
    ]);
  });
});

test("a refused request's body is not read", async () => {
  const { app, exhaust } = createApp();
  await exhaust();
  let hasRead = false;
  const body = new ReadableStream(
    {
      pull(controller) {
        hasRead = true;
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const headers = { authorization: "Bearer first-key", "content-type": "application/json" };
  const response = await app.request("/v1/chat/completions", { method: "POST", headers, body });
  expect([response.status, hasRead]).toEqual([429, false]);
});

test.each(["/health", "/healthz", "/ready", "/livez", "/metrics"])("%s is never refused", async (path) => {
  const { withKey, exhaust } = createApp();
  await exhaust();
  expect((await withKey("first-key", path)).status).not.toBe(429);
});

test("a wrong key takes nothing from anybody", async () => {
  const { withKey, exhaust } = createApp();
  for (let sent = 0; sent < 10; sent += 1) expect((await withKey("wrong-key")).status).toBe(401);
  await exhaust();
});

test("a key cannot get more by naming clients", async () => {
  const { get, exhaust } = createApp();
  await exhaust();
  const headers = { authorization: "Bearer first-key", "x-client-id": "another" };
  expect((await get("/api/version", headers)).status).toBe(429);
});

describe("where nobody needs a key", () => {
  test("callers are told apart by the name that they give", async () => {
    const { get, exhaust } = createApp({ apiKeys: [] });
    await exhaust({ "x-client-id": "a" });
    expect((await get("/api/version", { "x-client-id": "a" })).status).toBe(429);
    expect((await get("/api/version", { "x-client-id": "b" })).status).toBe(200);
    expect((await get("/api/version")).status).toBe(200);
  });

  test("who invents names without end takes nothing from those who are known", async () => {
    const { get } = createApp({ apiKeys: [] });
    await get("/api/version", { "x-client-id": "known" });
    for (let name = 0; name < maxRateKeys + 10; name += 1)
      await get("/api/version", { "x-client-id": `${name}` });
    expect((await get("/api/version", { "x-client-id": "one more" })).status).toBe(429);
    expect((await get("/api/version", { "x-client-id": "known" })).status).toBe(200);
  });
});

test("without a limit nobody is refused", async () => {
  const records = createServerRecords();
  const app = createServerApp(records.deps);
  for (let sent = 0; sent < 300; sent += 1) expect((await app.request("/api/version")).status).toBe(200);
});
