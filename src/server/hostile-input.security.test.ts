import { afterEach, describe, expect, test } from "bun:test";
import { createServerRecords, waitUntil } from "../testing/index.ts";
import { createServerApp } from "./app.ts";
import { maxBodyBytes } from "./limits.ts";
import { type RunningServer, startServer } from "./start-server.ts";

const running: RunningServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop(AbortSignal.abort());
});

const json = { "content-type": "application/json" };

function createApp() {
  const records = createServerRecords();
  const app = createServerApp(records.deps);
  const post = (body: string, headers: Record<string, string> = json, path = "/v1/chat/completions") =>
    app.request(path, { method: "POST", headers, body });
  return { ...records, app, post };
}

function serve() {
  const records = createServerRecords();
  const server = startServer(records.deps, { port: 0 });
  running.push(server);
  return { ...records, server, url: `${server.url}/v1/chat/completions` };
}

async function readError(response: Response) {
  return { status: response.status, ...JSON.parse(await response.text()).error };
}

describe("bodies", () => {
  test.each(["", "{", "[]", "null", '"text"', "{]", '{"messages": NaN}', "\u0000", '{"a":1}{"b":2}'])(
    "%j is a 400 in OpenAI's shape",
    async (body) => {
      const error = await readError(await createApp().post(body));
      expect(error).toMatchObject({ status: 400, type: "invalid_request_error" });
    },
  );

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
  ])("the content type %s is a 415", async (type) => {
    const error = await readError(await createApp().post("{}", { "content-type": type }));
    expect(error).toMatchObject({ status: 415, code: "unsupported_media_type" });
  });

  test("JSON with a charset or a vendor type is read", async () => {
    const body = JSON.stringify({ messages: [{ role: "user", content: "x" }] });
    expect((await createApp().post(body, { "content-type": "application/json; charset=utf-8" })).status).toBe(
      200,
    );
    expect((await createApp().post(body, { "content-type": "application/vnd.api+json" })).status).toBe(200);
  });

  test.each(['{"a":', "["])("nesting by %s a million levels deep is a 400", async (opening) => {
    expect((await createApp().post(opening.repeat(1_000_000))).status).toBe(400);
  });

  test("a schema nested deeper than the limit is refused before anything walks it", async () => {
    const schema = `${'{"properties":{"a":'.repeat(200)}true${"}}".repeat(200)}`;
    const response = await createApp().post(
      `{"messages":[{"role":"user","content":"x"}],"json_schema":${schema}}`,
    );
    expect((await readError(response)).message).toContain("levels deep");
  });

  test("numbers beyond every range are refused by name", async () => {
    const error = await readError(
      await createApp().post('{"messages":[{"role":"user","content":"x"}],"temperature":1e999}'),
    );
    expect(error).toMatchObject({ status: 400, param: "temperature" });
  });

  test("keys that mean something to JavaScript change nothing", async () => {
    const body =
      '{"messages":[{"role":"user","content":"x"}],"__proto__":{"stream":true},"constructor":{"n":9}}';
    const { post, engine } = createApp();
    expect((await post(body)).status).toBe(200);
    expect(engine.requests[0]?.choices).toBe(1);
    expect(({} as Record<string, unknown>).stream).toBeUndefined();
  });

  test("control characters and lone surrogates reach the engine and come back as valid JSON", async () => {
    const { post, engine } = createApp();
    const content = "\u0000\u0007\u001b[2J\ud800";
    const response = await post(JSON.stringify({ messages: [{ role: "user", content }] }));
    expect(response.status).toBe(200);
    expect(engine.requests[0]?.input).toMatchObject({ messages: [{ content }] });
  });

  test("an empty prompt is refused by name", async () => {
    const error = await readError(await createApp().post('{"prompt":""}', json, "/v1/completions"));
    expect(error).toMatchObject({ status: 400, param: "prompt" });
  });
});

describe("sizes", () => {
  test("a body that is declared too large is a 413, and the server goes on", async () => {
    const { url, server } = serve();
    const body = Buffer.alloc(maxBodyBytes + 1, " ");
    const error = await readError(await fetch(url, { method: "POST", headers: json, body }));
    expect(error).toMatchObject({ status: 413, code: "body_too_large" });
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  });

  test("a chunked body that never ends is a 413 once it passes the limit", async () => {
    const { url, server } = serve();
    const chunk = Buffer.alloc(1024 * 1024, " ");
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += chunk.length;
        if (sent > 4 * maxBodyBytes) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const response = await fetch(url, { method: "POST", headers: json, body });
    expect((await readError(response)).status).toBe(413);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  });

  test("a client that goes away while it sends leaves nothing behind", async () => {
    const { server } = serve();
    const socket = await Bun.connect({ hostname: "127.0.0.1", port: server.port, socket: { data() {} } });
    const head =
      "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    socket.write(`${head}content-length: 1000\r\n\r\n{"messages":`);
    await waitUntil("the request is seen", () => server.inFlight === 1);
    socket.terminate();
    await waitUntil("the request is over", () => server.inFlight === 0);
  });

  test("a prompt of more characters than the limit is refused by name", async () => {
    const content = "x".repeat(5 * 1024 * 1024);
    const error = await readError(
      await createApp().post(JSON.stringify({ messages: [{ role: "user", content }] })),
    );
    expect(error).toMatchObject({ status: 400, param: "messages" });
  });
});

describe("paths, methods and ids", () => {
  test("an unknown path is a 404 in OpenAI's shape", async () => {
    const response = await createApp().app.request("/v1/nothing");
    expect(await readError(response)).toMatchObject({ status: 404, code: "not_found" });
    expect(response.headers.get("x-request-id")).toStartWith("req-");
  });

  test("a known path with another method is a 405 that names the right one", async () => {
    const response = await createApp().app.request("/v1/chat/completions", { method: "DELETE" });
    expect(response.headers.get("allow")).toBe("POST");
    expect(await readError(response)).toMatchObject({ status: 405, code: "method_not_allowed" });
  });

  test("a given request id comes back, in the reply and in the log", async () => {
    const { app, logs } = createApp();
    const response = await app.request("/livez", { headers: { "x-request-id": "trace-1" } });
    expect(response.headers.get("x-request-id")).toBe("trace-1");
    expect(logs[0]?.fields.requestId).toBe("trace-1");
  });

  test.each(["x".repeat(200), "with space", "é"])("the request id %s is replaced", async (id) => {
    const response = await createApp().app.request("/livez", { headers: { "x-request-id": id } });
    expect(response.headers.get("x-request-id")).toStartWith("req-");
  });

  test("the log and the metrics name the route's pattern, never the path that a client chose", async () => {
    const { app, logs, requests } = createApp();
    await app.request("/v1/models/some-secret-name");
    await app.request("/wp-admin/some-secret-name");
    expect(requests.map((request) => [request.route, request.status])).toEqual([
      ["/v1/models/:id{.+}", 404],
      ["unmatched", 404],
    ]);
    expect(JSON.stringify(logs)).not.toContain("secret");
  });

  test("an unforeseen failure is a 500 that tells the client nothing of its cause", async () => {
    const records = createServerRecords();
    const engine = {
      ...records.engine,
      models: () => {
        throw new Error("/home/me/model.gguf is broken");
      },
    };
    const response = await createServerApp({ ...records.deps, engine }).request("/v1/models");
    expect(response.headers.get("x-should-retry")).toBe("false");
    const error = await readError(response);
    expect(error).toMatchObject({ status: 500, type: "server_error" });
    expect(error.message).not.toContain("/home");
    expect(JSON.stringify(records.logs)).toContain("model.gguf is broken");
  });
});
