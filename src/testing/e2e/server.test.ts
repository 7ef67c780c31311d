import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { runProgram, startServe } from "../serve-process.ts";
import { expectError, type Json, post, readJson } from "./requests.ts";

setDefaultTimeout(60_000);

const keys = ["first-key", "second-key"] as const;
const [open, locked] = await Promise.all([
  startServe(["--parallel", "2"]),
  startServe(["--parallel", "2", "--api-key", keys[0]], { environment: { HEARTH_LOG_LEVEL: "debug" } }),
]);
const question = { messages: [{ role: "user", content: "Reply with exactly: pong-42" }], temperature: 0 };
const chat = (url: string, headers: Readonly<Record<string, string>> = {}, changes: Json = {}) =>
  post(`${url}/v1/chat/completions`, { ...question, ...changes }, headers);

afterAll(async () => {
  await Promise.all([open[Symbol.asyncDispose](), locked[Symbol.asyncDispose]()]);
});

describe("health", () => {
  test("ready and health say so once a model can answer", async () => {
    expect(await readJson(await fetch(`${open.url}/ready`))).toEqual({ ready: true, blocking: [] });
    expect(await readJson(await fetch(`${open.url}/health`))).toMatchObject({
      status: "ok",
      components: [{ name: "server" }, { name: "model:hearth-demo", status: "ready" }],
    });
    expect((await fetch(`${open.url}/livez`)).status).toBe(200);
  });

  test("ready is false while the model loads", async () => {
    await using starting = await startServe([], { waitForReady: false });
    const states = new Set<number>();
    while (!states.has(200)) states.add((await fetch(`${starting.url}/ready`)).status);
    expect([...states].filter((status) => status !== 200 && status !== 503)).toEqual([]);
  });
});

describe("metrics", () => {
  test("count what happened, per model", async () => {
    const before = await readMetrics(open.url);
    await chat(open.url);
    await chat(open.url);
    await chat(open.url, {}, { model: "absent" });
    await chat(open.url, {}, { temperature: -1 });
    const after = await readMetrics(open.url);
    const grown = (start: string) => sumOf(after, start) - sumOf(before, start);
    const route = 'route="/v1/chat/completions"';
    expect(grown(`hearth_requests_total{${route},method="POST",status="200",model="hearth-demo"}`)).toBe(2);
    expect(grown(`hearth_request_errors_total{${route},error_type="model_not_found"`)).toBe(1);
    expect(grown(`hearth_request_errors_total{${route},error_type="invalid_request"`)).toBe(1);
    const model = '{model="hearth-demo"}';
    expect(grown(`hearth_generation_tokens_total${model}`)).toBe(12);
    expect(grown(`hearth_prompt_tokens_total${model}`)).toBe(34);
    expect(grown(`hearth_prefix_cache_hits_total${model}`)).toBeGreaterThan(0);
    for (const histogram of ["time_to_first_token", "e2e_request_latency", "request_queue_time"])
      expect(grown(`hearth_${histogram}_seconds_count${model}`)).toBe(2);
    for (const histogram of ["inter_token_latency", "engine_step_duration"])
      expect(grown(`hearth_${histogram}_seconds_count${model}`)).toBeGreaterThan(4);
    expect(after.get(`hearth_model_memory_bytes${model}`)).toBeGreaterThan(10_000_000);
    for (const gauge of [
      "queue_depth",
      "requests_running",
      "kv_cache_usage_ratio",
      "prefix_cache_bytes",
      "engine_restarts_total",
    ])
      expect(after.has(`hearth_${gauge}${model}`)).toBe(true);
  });

  test("are not written at the client's will: names it makes up share one label", async () => {
    for (const model of ["a", "b", 'c"}\nevil 1']) await chat(open.url, {}, { model });
    const names = [...(await readMetrics(open.url)).keys()];
    expect(names.filter((name) => /evil|model="[abc]/.test(name))).toEqual([]);
  });
});

describe("the server's own description", () => {
  type Document = {
    openapi: string;
    paths: Record<string, Record<string, { responses: object; requestBody?: { content: object } }>>;
  };

  test("is OpenAPI 3.1 and lists every route", async () => {
    const document = await readJson<Document>(await fetch(`${open.url}/openapi.json`));
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        "/v1/models",
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/rerank",
        "/rerank",
        "/tokenize",
        "/detokenize",
        "/apply-template",
        "/health",
        "/ready",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/api/chat",
        "/api/pull",
        "/api/plugins/{name}/call",
      ]),
    );
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        expect(operation.responses).toContainKeys(["200", "default"]);
        const isUpload = ["/api/blobs/{digest}", "/api/plugins", "/v1/files"].includes(path);
        const isOrder = /\/(?:enable|disable|cancel)$/.test(path);
        if (method === "post" && !isUpload && !isOrder)
          expect(operation.requestBody?.content).toContainKey("application/json");
      }
    }
    expect(findReferences(document).filter((reference) => !resolveReference(document, reference))).toEqual(
      [],
    );
  });

  test("is also a page", async () => {
    const page = await fetch(`${open.url}/docs`);
    expect(page.headers.get("content-type")).toStartWith("text/html");
    expect(await page.text()).toContain("/v1/chat/completions");
  });
});

describe("a request id", () => {
  test("that comes in goes out and stands in the log; without one it is made", async () => {
    const given = await chat(open.url, { "x-request-id": "my-request.1" });
    expect(given.headers.get("x-request-id")).toBe("my-request.1");
    expect(open.log()).toContain('"requestId":"my-request.1"');
    const [first, second] = [await chat(open.url), await chat(open.url)].map(({ headers }) =>
      headers.get("x-request-id"),
    );
    expect(first).toMatch(/^req-\w+$/);
    expect(second).not.toBe(first ?? "");
  });

  test("that could break the log is replaced", async () => {
    const response = await chat(open.url, { "x-request-id": "a b" });
    expect(response.headers.get("x-request-id")).toMatch(/^req-/);
    expect((await chat(open.url, { "x-request-id": "x".repeat(500) })).headers.get("x-request-id")).toMatch(
      /^req-/,
    );
  });

  test("every line of the log is one JSON object with an event", () => {
    for (const line of open.log().trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("event");
  });
});

describe("access", () => {
  test("a key is asked for, in either header, and never logged", async () => {
    await expectError(await chat(locked.url), 401);
    await expectError(await chat(locked.url, { authorization: "Bearer wrong-key" }), 401);
    expect((await chat(locked.url, { authorization: `Bearer ${keys[0]}` })).status).toBe(200);
    expect((await chat(locked.url, { "x-api-key": keys[0] })).status).toBe(200);
    expect((await fetch(`${locked.url}/metrics`)).status).toBe(401);
    expect((await fetch(`${locked.url}/ready`)).status).toBe(200);
    expect(locked.log()).not.toMatch(/(first|wrong)-key/);
  });

  test("HEARTH_API_KEY does the same", async () => {
    await using server = await startServe([], { environment: { HEARTH_API_KEY: keys.join(",") } });
    await expectError(await chat(server.url), 401);
    for (const key of keys) expect((await chat(server.url, { "x-api-key": key })).status).toBe(200);
  });

  test.each(["0.0.0.0", "::", "192.0.2.1"])("listening on %s without a key is refused", async (host) => {
    const { code, output, errors } = await runProgram(["serve", "--port", "0", "--host", host]);
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors).toContain("without an API key");
    expect(errors.trim().split("\n").length).toBeLessThanOrEqual(2);
  });

  test("a page of a foreign origin may not post, one of this machine may", async () => {
    expect(await expectError(await chat(open.url, { origin: "https://evil.example" }), 403)).toMatchObject({
      type: "permission_error",
    });
    await expectError(await chat(open.url, { origin: "null" }), 403);
    expect((await chat(open.url, { origin: "http://localhost:3000" })).status).toBe(200);
  });

  test("a foreign host name is refused, so that no page can rebind its own", async () => {
    await expectError(await chat(open.url, { host: "evil.example" }), 403);
  });
});

test("parameters that nothing acts on are named in a header", async () => {
  const response = await chat(open.url, {}, { store: true, user: "ada", top_k: 5 });
  expect(response.headers.get("x-hearth-ignored")?.split(", ").toSorted()).toEqual(["store", "user"]);
});

/** Sum of every series whose name and labels begin so. */
function sumOf(metrics: ReadonlyMap<string, number>, start: string): number {
  return [...metrics].reduce((sum, [name, value]) => sum + (name.startsWith(start) ? value : 0), 0);
}

async function readMetrics(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(" ");
      return [line.slice(0, end), Number(line.slice(end + 1))] as const;
    }),
  );
}

function findReferences(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === "$ref" && typeof child === "string" ? [child] : findReferences(child),
  );
}

function resolveReference(document: unknown, reference: string): unknown {
  return reference
    .slice("#/".length)
    .split("/")
    .reduce<unknown>(
      (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
      document,
    );
}
