import { expect, test } from "bun:test";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { fixtureCertificate, startHttpFixture, writeHttpAnswer } from "../../../testing/index.ts";
import { createTestClient, failureOf, untilNoneOpen } from "./http-test-client.fixture.ts";

const decoder = new TextDecoder();

test("a request reaches the server as it was given and the answer comes back", async () => {
  await using server = await startHttpFixture((_, connection) =>
    connection.end(writeHttpAnswer({ status: 201, headers: { "X-Kind": "a" }, body: "héllo" })),
  );
  const answer = await createTestClient(server.port).request("/a%20b?c=d#e", {
    method: "post",
    headers: { "Content-Type": "text/plain", Authorization: "Bearer x" },
    body: new TextEncoder().encode("body"),
  });
  expect(answer.status).toBe(201);
  expect(answer.headers).toEqual({ "content-length": "6", "x-kind": "a" });
  expect(decoder.decode(answer.body)).toBe("héllo");
  const [request] = server.requests;
  expect(request).toMatchObject({ method: "POST", target: "/a%20b?c=d", body: "body" });
  expect(Object.fromEntries(request?.headers ?? [])).toEqual({
    host: `good.test:${server.port}`,
    connection: "close",
    "accept-encoding": "identity",
    authorization: "Bearer x",
    "content-length": "4",
    "content-type": "text/plain",
    "user-agent": "hearth-plugin",
  });
  expect(request?.headers).toHaveLength(7);
  await untilNoneOpen(server);
});

test("headers that an answer repeats are joined", async () => {
  await using server = await startHttpFixture((_, connection) =>
    connection.end(
      "HTTP/1.1 200 OK\r\nset-cookie: a\r\nSet-Cookie: b\r\n__proto__: c\r\ncontent-length: 0\r\n\r\n",
    ),
  );
  const { headers } = await createTestClient(server.port).request("/");
  expect(headers["set-cookie"]).toBe("a, b");
  expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  expect(Object.hasOwn(headers, "__proto__")).toBe(true);
});

test("every call opens a connection of its own", async () => {
  await using server = await startHttpFixture(async (_, connection) => connection.write(writeHttpAnswer()));
  const client = createTestClient(server.port);
  await client.request("/");
  await client.request("/");
  expect(server.acceptedConnections).toBe(2);
  await untilNoneOpen(server);
});

test("a HEAD request ends with its headers", async () => {
  await using server = await startHttpFixture((_, connection) =>
    connection.write("HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\ncontent-encoding: gzip\r\n\r\n"),
  );
  const answer = await createTestClient(server.port).request("/", { method: "HEAD" });
  expect(answer.body).toHaveLength(0);
  expect(answer.headers["content-length"]).toBe("999999999");
  await untilNoneOpen(server);
});

test("chunked bodies, and bodies that end with the connection, come back whole", async () => {
  const answers: Record<string, string> = {
    "/chunked": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    "/close": "HTTP/1.1 200 OK\r\n\r\nabcde",
    "/early": "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcde",
  };
  await using server = await startHttpFixture((request, connection) =>
    connection.end(answers[request.target]),
  );
  const client = createTestClient(server.port);
  for (const path of Object.keys(answers)) {
    expect(decoder.decode((await client.request(path)).body)).toBe("abcde");
  }
});

test("answers are decoded although none was asked for encoded", async () => {
  const text = "what was meant";
  const encoded: Record<string, [string, Uint8Array]> = {
    "/gzip": ["gzip", gzipSync(text)],
    "/x-gzip": ["X-GZip", gzipSync(text)],
    "/deflate": ["deflate", deflateSync(text)],
    "/raw": ["deflate", deflateRawSync(text)],
    "/br": ["br", brotliCompressSync(text)],
    "/identity": ["identity", new TextEncoder().encode(text)],
    "/empty": ["gzip", new Uint8Array()],
  };
  await using server = await startHttpFixture((request, connection) => {
    const [encoding = "", body = ""] = encoded[request.target] ?? [];
    connection.end(writeHttpAnswer({ headers: { "content-encoding": encoding }, body }));
  });
  const client = createTestClient(server.port);
  for (const path of Object.keys(encoded)) {
    const answer = await client.request(path);
    expect(decoder.decode(answer.body)).toBe(path === "/empty" ? "" : text);
  }
  expect((await client.request("/gzip")).headers).toEqual({});
});

test("redirects are followed with the method and body that the fetch standard gives", async () => {
  await using server = await startHttpFixture((request, connection) => {
    const status = Number(request.target.slice(1));
    const headers = { location: "/end" };
    connection.end(writeHttpAnswer(status > 0 ? { status, headers } : {}));
  });
  const client = createTestClient(server.port);
  const seen = async (method: string, status: number) => {
    const hasBody = method !== "GET" && method !== "HEAD";
    const answer = await client.request(`/${status}`, {
      method,
      headers: { "content-type": "text/plain", "x-own": "1" },
      ...(hasBody && { body: new TextEncoder().encode("body") }),
    });
    expect(answer.status).toBe(200);
    const last = server.requests.at(-1);
    const names = new Set(last?.headers.map(([name]) => name));
    return [last?.target, last?.method, last?.body, names.has("content-type"), names.has("x-own")];
  };
  for (const status of [301, 302, 303]) {
    expect(await seen("POST", status)).toEqual(["/end", "GET", "", false, true]);
    expect(await seen("HEAD", status)).toEqual(["/end", "HEAD", "", true, true]);
  }
  for (const status of [307, 308]) {
    expect(await seen("POST", status)).toEqual(["/end", "POST", "body", true, true]);
  }
  expect(await seen("PUT", 301)).toEqual(["/end", "PUT", "body", true, true]);
  expect(await seen("PUT", 303)).toEqual(["/end", "GET", "", false, true]);
  await untilNoneOpen(server);
});

test("a redirect without a location, and a 304, are answers", async () => {
  await using server = await startHttpFixture((request, connection) =>
    connection.end(writeHttpAnswer({ status: Number(request.target.slice(1)) })),
  );
  const client = createTestClient(server.port);
  expect((await client.request("/302")).status).toBe(302);
  expect((await client.request("/304")).status).toBe(304);
});

test("https works with a certificate that fits the name or the address", async () => {
  await using server = await startHttpFixture(
    (_, connection) => connection.end(writeHttpAnswer({ body: "safe" })),
    {
      tls: "valid",
    },
  );
  const hosts = [`*.good.test:${server.port}`, `127.0.0.1:${server.port}`];
  const client = createTestClient(server.port, { hosts, ca: fixtureCertificate });
  for (const host of ["api.good.test", "127.0.0.1"]) {
    const answer = await client.request(`https://${host}:${server.port}/`);
    expect(decoder.decode(answer.body)).toBe("safe");
  }
});

test("localhost is resolved by the system where no resolver is given", async () => {
  await using server = await startHttpFixture((_, connection) =>
    connection.end(writeHttpAnswer({ body: "home" })),
  );
  const { createHttpClient } = await import("./http-client.ts");
  const { resolveLimits } = await import("../../limits.ts");
  const client = createHttpClient({
    hosts: [`localhost:${server.port}`],
    allowPrivate: true,
    limits: resolveLimits(),
  });
  const url = `http://localhost:${server.port}/`;
  const { signal } = new AbortController();
  const answer = await client.request({ method: "GET", url, headers: {} }, signal);
  expect(decoder.decode(answer.body)).toBe("home");
});

test("a server that is not there is named, and its address is not", async () => {
  const server = await startHttpFixture(() => undefined);
  await server[Symbol.asyncDispose]();
  const failure = await failureOf(createTestClient(server.port).request("/"));
  expect(failure.code).toBe("http_failed");
  expect(failure.message).toContain("good.test");
  expect(failure.message).not.toContain("127.0.0.1");
});

test("a name that leads nowhere fails", async () => {
  const lookups = [async () => [], async () => Promise.reject(new Error("ENOTFOUND"))];
  for (const lookup of lookups) {
    const failure = await failureOf(createTestClient(80, { hosts: ["good.test"], lookup }).request("/"));
    expect(failure).toMatchObject({ code: "http_failed", message: expect.stringContaining("no address") });
  }
});
