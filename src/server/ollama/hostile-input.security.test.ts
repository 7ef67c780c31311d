import { afterEach, describe, expect, test } from "bun:test";
import { createServerRecords, waitUntil } from "../../testing/index.ts";
import { maxBodyBytes } from "../limits.ts";
import { type RunningServer, startServer } from "../start-server.ts";
import { createOllamaApp, readObject } from "./app-fixture.ts";
import { ollamaRoutes } from "./routes.ts";

const model = "fake-model";
const bodyRoutes = ollamaRoutes.filter((route) => route.body !== undefined);
const running: RunningServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop(AbortSignal.abort());
});

function send(path: string, body: string, headers: Record<string, string> = {}, method = "POST") {
  const { app } = createOllamaApp();
  return app.request(path, { method, body, headers: { "content-type": "application/json", ...headers } });
}

async function expectRefusal(response: Response, status: number) {
  expect(response.status).toBe(status);
  const body = JSON.parse(await response.text());
  expect(Object.keys(body)).toEqual(["error"]);
  expect(body.error).not.toBe("");
  return body.error;
}

describe("bodies", () => {
  test.each(bodyRoutes.map(({ method, path }) => [method.toUpperCase(), path]))(
    "%s %s refuses what is no JSON object in Ollama's shape",
    async (method, path) => {
      for (const body of ["", "{", "[]", "null", '"text"', "\u0000", '{"a":1}{"b":2}'])
        await expectRefusal(await send(path, body, {}, method), 400);
    },
  );

  test.each(bodyRoutes.map(({ method, path }) => [method.toUpperCase(), path]))(
    "%s %s refuses fields of the wrong kind, deep nesting and keys that mean something to JavaScript",
    async (method, path) => {
      await expectRefusal(await send(path, '{"model":{"a":1},"source":[]}', {}, method), 400);
      const deep = `{"model":"m","options":${'{"a":'.repeat(200)}1${"}".repeat(200)}}`;
      await expectRefusal(await send(path, deep, {}, method), 400);
      const polluting = '{"__proto__":{"model":"fake-model"},"constructor":{"prototype":{"x":1}}}';
      await send(path, polluting, {}, method);
      expect(({} as Record<string, unknown>).x).toBeUndefined();
    },
  );

  test("options that mean something to JavaScript are unknown ones", async () => {
    const body = `{"model":"${model}","prompt":"x","stream":false,"options":{"__proto__":{"seed":1},"toString":1}}`;
    const response = await send("/api/generate", body);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-hearth-ignored")).toContain("options.toString");
  });

  test("names of options that are hostile to a header are escaped", async () => {
    const options = { "x\r\nset-cookie: a": 1 };
    const response = await send("/api/generate", JSON.stringify({ model, prompt: "x", options }));
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(response.headers.get("x-hearth-ignored")).toBe("options.x%0D%0Aset-cookie%3A%20a");
  });

  test("a body that is too large is a 413 in Ollama's shape", async () => {
    const response = await send("/api/chat", "x", { "content-length": String(maxBodyBytes + 1) });
    await expectRefusal(response, 413);
  });

  test("control characters and lone surrogates come through as valid JSON", async () => {
    const prompt = "\u0000\u001b[2J\ud800";
    const { post } = createOllamaApp({ script: () => [{ text: "\u0007\ud800" }] });
    const answer = await post("/api/generate", { model, prompt, stream: false });
    expect(readObject(answer).response).toBe("\u0007\ud800");
  });
});

describe("content types", () => {
  const body = JSON.stringify({ model, prompt: "x", stream: false });

  test("programs may leave the content type out, as Ollama's documents do", async () => {
    for (const type of ["application/x-www-form-urlencoded", "text/plain"])
      expect((await send("/api/generate", body, { "content-type": type })).status).toBe(200);
  });

  test.each([
    { origin: "http://localhost:3000" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "none" },
  ])("a page with %j may not, so that no form of another site gets in", async (headers) => {
    const response = await send("/api/generate", body, { "content-type": "text/plain", ...headers } as Record<
      string,
      string
    >);
    await expectRefusal(response, 415);
  });

  test.each(ollamaRoutes.filter(({ method }) => method === "post" || method === "delete"))(
    "a page of another site may not ask $method $path",
    async ({ method, path }) => {
      const url = path.replace(":digest", `sha256:${"0".repeat(64)}`);
      const response = await send(url, "{}", { origin: "https://evil.example" }, method.toUpperCase());
      await expectRefusal(response, 403);
    },
  );
});

describe("keys", () => {
  test.each(ollamaRoutes.filter(({ path }) => path !== "/"))(
    "$method $path needs one, and says so in Ollama's shape",
    async ({ method, path }) => {
      const { app } = createOllamaApp({}, { apiKeys: ["secret"] });
      const url = path.replace(":digest", `sha256:${"0".repeat(64)}`);
      const response = await app.request(url, { method: method.toUpperCase() });
      expect(response.status).toBe(401);
      if (method !== "head") expect(Object.keys(JSON.parse(await response.text()))).toEqual(["error"]);
    },
  );

  test("the name of another host is refused where nothing but the address protects the server", async () => {
    await expectRefusal(await send("/api/show", "{}", { host: "evil.example:11434" }), 403);
  });
});

describe("names", () => {
  const paths = ["/etc/passwd", "./a.gguf", "../../a.gguf", "~/a.gguf", "a.gguf"];

  test.each(paths)("the path %s cannot be pulled, nor be a new name", async (path) => {
    const { library, post } = createOllamaApp();
    expect((await post("/api/pull", { model: path })).status).toBe(400);
    expect((await post("/api/copy", { source: model, destination: path })).status).toBe(400);
    expect((await post("/api/create", { model: path, from: model })).status).toBe(400);
    expect((await post("/api/create", { model: "m", from: path })).status).toBe(400);
    expect([library.pulling, (await library.list()).length]).toEqual([0, 1]);
  });

  test.each([
    "sha256:short",
    `sha256:${"0".repeat(63)}g`,
    `md5:${"0".repeat(64)}`,
    `sha256:${"0".repeat(64)}.part`,
    "..%2f..%2fetc%2fpasswd",
    `sha256-${"0".repeat(64)}%00`,
  ])("the digest %s is a 400 before any path is made of it", async (digest) => {
    const { app, library } = createOllamaApp();
    const response = await app.request(`/api/blobs/${digest}`, { method: "POST", body: "x" });
    await expectRefusal(response, 400);
    expect((await app.request(`/api/blobs/${digest}`, { method: "HEAD" })).status).toBe(400);
    expect(library.blobs.size).toBe(0);
  });

  test("an unforeseen failure tells the client nothing of its cause", async () => {
    const records = createServerRecords();
    const library = {
      ...records.library,
      list: () => Promise.reject(new Error("/home/me/models.sqlite is broken")),
    };
    const { send } = createOllamaApp({}, { library });
    const answer = await send("GET", "/api/tags");
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain("/home");
  });
});

test("an upload whose body never comes does not hold a stop up", async () => {
  const records = createServerRecords();
  const server = startServer(records.deps, { port: 0 });
  running.push(server);
  const socket = await Bun.connect({ hostname: "127.0.0.1", port: server.port, socket: { data() {} } });
  const head = `POST /api/blobs/sha256:${"0".repeat(64)} HTTP/1.1\r\nhost: localhost\r\n`;
  socket.write(`${head}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n`);
  await waitUntil("the upload is seen", () => server.inFlight === 1);
  await server.stop(AbortSignal.abort());
  socket.terminate();
});
