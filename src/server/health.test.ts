import { expect, test } from "bun:test";
import { createFakeEngine, createServerRecords } from "../testing/index.ts";
import { createServerApp } from "./app.ts";
import { routes } from "./routes.ts";

async function get(path: string, records = createServerRecords()) {
  const response = await createServerApp(records.deps).request(path);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

function toDocumentedPath(path: string): string {
  return path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}");
}

test("/ready is false with what blocks it until a model can answer", async () => {
  const records = createServerRecords();
  records.engine.setState("loading");
  const loading = await get("/ready", records);
  expect(loading.status).toBe(503);
  expect(JSON.parse(loading.text)).toEqual({
    ready: false,
    blocking: [{ name: "model:fake-model", status: "loading" }],
  });
  records.engine.setState("ready");
  expect((await get("/readyz", records)).status).toBe(200);
});

test("/health lists every component and fails while nothing can answer", async () => {
  const records = createServerRecords();
  expect(JSON.parse((await get("/health", records)).text)).toEqual({
    status: "ok",
    version: "1.2.3",
    components: [
      { name: "server", status: "ready" },
      { name: "model:fake-model", status: "ready" },
    ],
  });
  records.engine.setState("failed");
  expect((await get("/healthz", records)).status).toBe(503);
  expect((await get("/livez", records)).status).toBe(200);
});

test("models that nobody asked for are ready to be loaded and no components", async () => {
  const engine = createFakeEngine({ models: ["one", "two", "three"], isLoaded: false });
  engine.setState("failed", "two");
  const records = createServerRecords({ engine });
  expect((await get("/ready", records)).status).toBe(200);
  expect(JSON.parse((await get("/health", records)).text)).toMatchObject({
    status: "degraded",
    components: [{ name: "server" }, { name: "model:two", status: "failed" }],
  });
});

test("/ready says so where there is no model at all", async () => {
  const records = createServerRecords({ engine: createFakeEngine({ models: [] }) });
  const { status, text } = await get("/ready", records);
  expect(status).toBe(503);
  expect(JSON.parse(text).blocking).toEqual([{ name: "models", status: "none" }]);
});

test("/metrics is the text of the metrics, with their content type", async () => {
  const { text, headers } = await get("/metrics");
  expect(text).toBe("hearth_up 1\n");
  expect(headers.get("content-type")).toBe("text/plain; version=0.0.4");
});

test("/openapi.json describes every route and the fields of its body", async () => {
  const document = JSON.parse((await get("/openapi.json")).text);
  expect(document.openapi).toBe("3.1.0");
  for (const route of routes) {
    const path = toDocumentedPath(route.path);
    expect(document.paths[path][route.method].summary).toBe(route.summary);
  }
  const { schema } = document.paths["/v1/chat/completions"].post.requestBody.content["application/json"];
  expect(schema.required).toEqual(["messages"]);
  expect(schema.properties.temperature).toMatchObject({ minimum: 0, maximum: 2 });
});

test("/docs shows every route on one page that loads nothing from elsewhere", async () => {
  const { text, headers } = await get("/docs");
  for (const route of routes) expect(text).toContain(toDocumentedPath(route.path));
  expect(text).toContain("max_completion_tokens");
  expect(text).not.toMatch(/<script|https?:\/\/|src=/);
  expect(headers.get("content-security-policy")).toStartWith("default-src 'none'");
});
