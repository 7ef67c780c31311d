import { describe, expect, test } from "bun:test";
import { createServerRecords, type ServerChanges } from "../testing/index.ts";
import { createServerApp } from "./app.ts";

function createApp(changes: ServerChanges = {}) {
  const records = createServerRecords(changes);
  const app = createServerApp(records.deps);
  const chat = (headers: Record<string, string> = {}, url = "/v1/chat/completions") =>
    app.request(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ messages: [{ role: "user", content: "hello" }] }),
    });
  return { ...records, app, chat };
}

const apiKeys = ["first-key", "second-key"];

describe("keys", () => {
  test.each([
    { authorization: "Bearer first-key" },
    { authorization: "bearer second-key" },
    { "x-api-key": "second-key" },
  ])("a request with %j is let in", async (headers) => {
    expect((await createApp({ apiKeys }).chat(headers)).status).toBe(200);
  });

  test.each([
    {},
    { authorization: "Bearer first-ke" },
    { authorization: "Basic first-key" },
    { "x-api-key": "" },
  ])("a request with %j is a 401 in OpenAI's shape", async (headers) => {
    const response = await createApp({ apiKeys }).chat(headers as Record<string, string>);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(JSON.parse(await response.text()).error).toMatchObject({
      type: "invalid_request_error",
      code: "invalid_api_key",
    });
  });

  test("every route but health and readiness needs a key", async () => {
    const { app } = createApp({ apiKeys });
    const status = async (path: string) => (await app.request(path)).status;
    for (const path of ["/health", "/healthz", "/livez", "/ready", "/readyz"])
      expect(await status(path)).toBe(200);
    for (const path of ["/v1/models", "/v1/models/fake-model", "/metrics", "/openapi.json", "/docs"]) {
      expect(await status(path)).toBe(401);
    }
  });

  test("each key is a tenant of its own, and no key is ever logged", async () => {
    const { chat, engine, logs } = createApp({ apiKeys });
    await chat({ authorization: "Bearer first-key" });
    await chat({ "x-api-key": "second-key" });
    await chat({ "x-api-key": "wrong-key" });
    expect(new Set(engine.requests.map((request) => request.tenant)).size).toBe(2);
    expect(logs).toHaveLength(3);
    expect(JSON.stringify([logs, engine.requests])).not.toMatch(/(first|second|wrong)-key/);
  });
});

describe("web pages", () => {
  test.each(["https://evil.example", "null", "http://localhost.evil.example"])(
    "a page of %s may not post",
    async (origin) => {
      const response = await createApp().chat({ origin });
      expect(response.status).toBe(403);
      expect(JSON.parse(await response.text()).error.type).toBe("permission_error");
    },
  );

  test.each(["http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]:5173"])(
    "a local page of %s may post",
    async (origin) => {
      expect((await createApp().chat({ origin })).status).toBe(200);
    },
  );

  test("a page of the server's own address may post", async () => {
    const headers = { origin: "https://models.example", host: "models.example" };
    expect(
      (await createApp({ apiKeys, hostname: "0.0.0.0" }).chat({ ...headers, "x-api-key": "first-key" }))
        .status,
    ).toBe(200);
  });

  test("a configured origin may post and is told so, on errors too", async () => {
    const origin = "https://chat.example";
    const { chat, app } = createApp({ allowedOrigins: [origin] });
    expect((await chat({ origin })).headers.get("access-control-allow-origin")).toBe(origin);
    expect((await chat({ origin: "https://evil.example" })).status).toBe(403);
    const missing = await app.request("/nope", { headers: { origin } });
    expect(missing.headers.get("access-control-allow-origin")).toBe(origin);
  });

  test("a preflight is answered for configured origins only", async () => {
    const origin = "https://chat.example";
    const preflight = { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } };
    const open = await createApp({ apiKeys, allowedOrigins: [origin] }).app.request(
      "/v1/chat/completions",
      preflight,
    );
    expect(open.status).toBe(204);
    expect(open.headers.get("access-control-allow-origin")).toBe(origin);
    expect(open.headers.get("access-control-allow-methods")?.split(",").sort()).toEqual([
      "DELETE",
      "GET",
      "HEAD",
      "POST",
    ]);
    const closed = await createApp().app.request("/v1/chat/completions", preflight);
    expect(closed.status).toBe(405);
    expect(closed.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("host names", () => {
  test("a name that a foreign DNS server points at this machine is refused", async () => {
    expect((await createApp().chat({ host: "evil.example:11434" })).status).toBe(403);
  });

  test.each(["localhost:11434", "127.0.0.1:11434", "[::1]:11434", "host.docker.internal:11434"])(
    "%s is this machine",
    async (host) => {
      expect((await createApp().chat({ host })).status).toBe(200);
    },
  );

  test("any name will do where a key protects the server", async () => {
    expect(
      (await createApp({ apiKeys }).chat({ host: "models.example", "x-api-key": "first-key" })).status,
    ).toBe(200);
  });
});
