import { expect, test } from "bun:test";
import { createServer } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import {
  type FixtureHandler,
  fixtureCertificate,
  startHttpFixture,
  waitUntil,
  writeHttpAnswer,
} from "../../../testing/index.ts";
import { PluginFailure } from "../../failure.ts";
import { createTestClient, failureOf, resolveToLoopback, untilNoneOpen } from "./http-test-client.fixture.ts";

const withoutNetwork = createTestClient(80, {
  hosts: ["good.test", "*.wild.test", "127.0.0.1", "[::1]", "169.254.169.254", "8.8.8.8"],
  allowPrivate: false,
  lookup: async () => {
    throw new Error("nothing may be resolved");
  },
});

async function codeOf(work: Promise<unknown>) {
  return (await failureOf(work)).code;
}

/** The code that a request of this server's answer fails with, once its connection is closed. */
async function codeFor(handler: FixtureHandler, limits: Parameters<typeof createTestClient>[1] = {}) {
  await using server = await startHttpFixture(handler);
  const code = await codeOf(createTestClient(server.port, limits).request("/"));
  await untilNoneOpen(server);
  return code;
}

for (const url of [
  "file:///etc/passwd",
  "ftp://good.test/",
  "data:,x",
  "javascript:1",
  "ws://good.test/",
  "unix:/a",
]) {
  test(`the scheme of ${url} is refused`, async () => {
    expect(await codeOf(withoutNetwork.request(url))).toBe("http_scheme");
  });
}

for (const url of ["http://good.test@127.0.0.1/", "http://u:p@good.test/", "http://:p@good.test/"]) {
  test(`user info is refused in ${url}`, async () => {
    expect(await codeOf(withoutNetwork.request(url))).toBe("http_invalid");
  });
}

for (const url of [
  "",
  "good.test",
  "http://",
  "http://good.test:99999/",
  "http://..",
  "http://a..good.test/",
]) {
  test(`"${url}" is no URL`, async () => {
    expect(await codeOf(withoutNetwork.request(url))).toBe("http_invalid");
  });
}

test("a host name longer than any can be is refused, and is not repeated", async () => {
  const host = `${"a.".repeat(200)}good.test`;
  const failure = await failureOf(withoutNetwork.request(`http://${host}/`));
  expect(failure.code).toBe("http_invalid");
  expect(failure.message).not.toContain("a.a.a");
});

test("a URL without end is refused", async () => {
  expect(await codeOf(withoutNetwork.request(`http://good.test/${"a".repeat(9_000)}`))).toBe("http_invalid");
});

for (const url of [
  "http://evil.test/",
  "http://good.test:81/",
  "https://good.test:80/",
  "http://good.test.evil.test/",
  "http://notgood.test/",
  "http://sub.good.test/",
  "http://wild.test/",
  "http://notwild.test/",
  "http://evil.test#good.test",
  "http://gооd.test/",
  "http://10.0.0.1/",
]) {
  test(`${url} is not granted`, async () => {
    expect(await codeOf(withoutNetwork.request(url))).toBe("http_host_not_granted");
  });
}

for (const notation of [
  "127.0.0.1",
  "2130706433",
  "0177.0.0.1",
  "0x7f.1",
  "0x7f000001",
  "127.1",
  "017700000001",
  "127.0.0.1.",
  "①②⑦.0.0.1",
  "127%2e0.0.1",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
]) {
  test(`the loopback address written as ${notation} is blocked although it is granted`, async () => {
    expect(await codeOf(withoutNetwork.request(`http://${notation}/`))).toBe("http_address_blocked");
  });
  test(`the loopback address written as ${notation} is not granted by a name`, async () => {
    const client = createTestClient(80, { hosts: ["good.test", "*.0.0.1", "*.1"] });
    expect(await codeOf(client.request(`http://${notation}/`))).toBe("http_host_not_granted");
  });
}

test("the metadata service is blocked even with privateNetwork", async () => {
  const hosts = ["169.254.169.254", "[fd00:ec2::254]", "meta.test"];
  const client = createTestClient(80, { hosts, lookup: async () => ["169.254.169.254"] });
  for (const host of hosts) {
    const failure = await failureOf(client.request(`http://${host}/latest/meta-data/`));
    expect(failure.code).toBe("http_address_blocked");
    expect(failure.message).not.toContain("privateNetwork");
  }
});

for (const addresses of [
  ["127.0.0.1"],
  ["8.8.8.8", "10.0.0.1"],
  ["10.0.0.1", "8.8.8.8"],
  ["2606:4700::1", "::ffff:127.0.0.1"],
  ["64:ff9b::7f00:1"],
  ["fe80::1%eth0"],
  ["no address"],
]) {
  test(`a name that resolves to ${addresses.join(" and ")} is blocked`, async () => {
    const client = createTestClient(80, {
      hosts: ["good.test"],
      allowPrivate: false,
      lookup: async () => addresses,
    });
    const failure = await failureOf(client.request("http://good.test/"));
    expect(failure.code).toBe("http_address_blocked");
    for (const address of addresses) expect(failure.message).not.toContain(address);
  });
}

test("a name is resolved once a request, and the connection goes to that answer", async () => {
  await using server = await startHttpFixture((_, connection) => connection.end(writeHttpAnswer()));
  const answers = [["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"]];
  const lookup = async () => answers.shift() ?? [];
  const client = createTestClient(server.port, { lookup });
  expect((await client.request("/")).status).toBe(200);
  expect(await codeOf(client.request("/"))).toBe("http_address_blocked");
  expect(server.acceptedConnections).toBe(1);
  expect(answers).toHaveLength(1);
});

test("a name is resolved and checked again at each redirect", async () => {
  await using server = await startHttpFixture((_, connection) =>
    connection.end(writeHttpAnswer({ status: 302, headers: { location: "/again" } })),
  );
  const answers = [["127.0.0.1"], ["169.254.169.254"]];
  const client = createTestClient(server.port, { lookup: async () => answers.shift() ?? [] });
  expect(await codeOf(client.request("/"))).toBe("http_address_blocked");
  expect(server.acceptedConnections).toBe(1);
});

for (const [location, code] of [
  ["http://169.254.169.254/", "http_address_blocked"],
  ["http://0xa9.0xfe.0xa9.0xfe/", "http_address_blocked"],
  ["http://evil.test/", "http_host_not_granted"],
  ["//evil.test/", "http_host_not_granted"],
  ["http://127.0.0.1:1/", "http_host_not_granted"],
  ["file:///etc/passwd", "http_scheme"],
  ["http://user:secret@good.test/", "http_invalid"],
  ["http://[", "http_invalid"],
] as const) {
  test(`a redirect to ${location} is refused`, async () => {
    const handler: FixtureHandler = (_, connection) =>
      connection.end(writeHttpAnswer({ status: 302, headers: { location } }));
    await using server = await startHttpFixture(handler);
    const hosts = [`good.test:${server.port}`, "169.254.169.254"];
    const failure = await failureOf(createTestClient(server.port, { hosts }).request("/"));
    expect(failure.code).toBe(code);
    expect(failure.message).not.toContain("secret");
    await untilNoneOpen(server);
  });
}

test("redirects end at their limit, and the limit is reached", async () => {
  await using server = await startHttpFixture((request, connection) => {
    const left = Number(request.target.slice(1));
    const moved = { status: 302, headers: { location: `/${left - 1}` } };
    connection.end(writeHttpAnswer(left > 0 ? moved : {}));
  });
  const client = createTestClient(server.port, { limits: { httpRedirects: 2 } });
  expect((await client.request("/2")).status).toBe(200);
  expect(await codeOf(client.request("/3"))).toBe("http_redirects");
  await untilNoneOpen(server);
});

test("a backslash does not move the host behind an at sign", async () => {
  await using server = await startHttpFixture((_, connection) => connection.end(writeHttpAnswer()));
  await createTestClient(server.port).request(`http://good.test:${server.port}\\@evil.test/`);
  expect(server.requests[0]?.target).toBe("/@evil.test/");
});

test("the body of a redirect is not read", async () => {
  await using server = await startHttpFixture((request, connection) =>
    request.target === "/"
      ? connection.write("HTTP/1.1 302 Found\r\nlocation: /end\r\ncontent-length: 999999999999\r\n\r\nx")
      : connection.end(writeHttpAnswer({ body: "end" })),
  );
  const answer = await createTestClient(server.port).request("/");
  expect(new TextDecoder().decode(answer.body)).toBe("end");
  await untilNoneOpen(server);
});

test("secrets do not follow a redirect to another origin", async () => {
  await using other = await startHttpFixture((_, connection) => connection.end(writeHttpAnswer()));
  await using server = await startHttpFixture((_, connection) =>
    connection.end(
      writeHttpAnswer({ status: 307, headers: { location: `http://good.test:${other.port}/` } }),
    ),
  );
  const hosts = [`good.test:${server.port}`, `good.test:${other.port}`];
  const headers = { Authorization: "a", Cookie: "b", "X-Api-Key": "c", "Private-Token": "d", Accept: "e" };
  await createTestClient(server.port, { hosts }).request("/", { headers });
  const seen = Object.fromEntries(other.requests[0]?.headers ?? []);
  expect(Object.keys(seen).sort()).toEqual(["accept", "accept-encoding", "connection", "host", "user-agent"]);
});

test("https is not redirected to http", async () => {
  await using server = await startHttpFixture(
    (_, connection) =>
      connection.end(
        writeHttpAnswer({ status: 301, headers: { location: `http://good.test:${server.port}/` } }),
      ),
    { tls: "valid" },
  );
  const client = createTestClient(server.port, { ca: fixtureCertificate });
  expect(await codeOf(client.request(`https://good.test:${server.port}/`))).toBe("http_scheme");
});

for (const [name, tls, host, ca] of [
  ["of another name", "valid", "bad.test", fixtureCertificate],
  ["that nobody signed", "valid", "good.test", undefined],
  ["that has expired", "expired", "good.test", fixtureCertificate],
] as const) {
  test(`a certificate ${name} is refused before anything is sent`, async () => {
    await using server = await startHttpFixture((_, connection) => connection.end(writeHttpAnswer()), {
      tls,
    });
    const hosts = [`${host}:${server.port}`];
    const client = createTestClient(server.port, { hosts, ...(ca === undefined ? {} : { ca }) });
    expect(await codeOf(client.request(`https://${host}:${server.port}/`))).toBe("http_failed");
    expect(server.requests).toHaveLength(0);
    await untilNoneOpen(server);
  });
}

test("certificates are checked even where the environment says not to", async () => {
  await using server = await startHttpFixture((_, connection) => connection.end(writeHttpAnswer()), {
    tls: "valid",
  });
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
  try {
    const code = await codeOf(createTestClient(server.port).request(`https://good.test:${server.port}/`));
    expect(code).toBe("http_failed");
  } finally {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  }
});

test("proxies of the environment are not asked", async () => {
  await using proxy = await startHttpFixture((_, connection) =>
    connection.end(writeHttpAnswer({ body: "proxy" })),
  );
  await using server = await startHttpFixture((_, connection) =>
    connection.end(writeHttpAnswer({ body: "server" })),
  );
  const names = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "NODE_USE_ENV_PROXY"];
  for (const name of names)
    process.env[name] = name.startsWith("NODE") ? "1" : `http://127.0.0.1:${proxy.port}`;
  try {
    const answer = await createTestClient(server.port).request("/");
    expect(new TextDecoder().decode(answer.body)).toBe("server");
    expect(proxy.acceptedConnections).toBe(0);
  } finally {
    for (const name of names) delete process.env[name];
  }
});

for (const [name, value] of [
  ["x\r\ny", "1"],
  ["x y", "1"],
  ["", "1"],
  ["x:", "1"],
  ["é", "1"],
  ["x", "1\r\nhost: evil.test"],
  ["x", "1\n2"],
  ["x", "1\u0000"],
  ["x", "ŀ"],
  ["x", "\u010a"],
  ["Host", "evil.test"],
  ["HOST", "evil.test"],
  ["Connection", "keep-alive"],
  ["Content-Length", "5"],
  ["Transfer-Encoding", "chunked"],
  ["TE", "trailers"],
  ["Trailer", "x"],
  ["Upgrade", "websocket"],
  ["Expect", "100-continue"],
  ["Keep-Alive", "1"],
  ["Accept-Encoding", "gzip"],
  ["Proxy-Authorization", "x"],
  ["Proxy-Connection", "x"],
  ["Sec-WebSocket-Key", "x"],
  ["HTTP2-Settings", "x"],
] as const) {
  test(`the header ${JSON.stringify(`${name}: ${value}`)} is refused`, async () => {
    const work = withoutNetwork.request("http://good.test/", { headers: { [name]: value } });
    expect(await codeOf(work)).toBe("http_invalid");
  });
}

test("a header given twice in two cases is refused", async () => {
  const work = withoutNetwork.request("http://good.test/", { headers: { Accept: "a", accept: "b" } });
  expect(await codeOf(work)).toBe("http_invalid");
});

test("too many and too long headers are refused", async () => {
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`x-${index}`, "1"]));
  expect(await codeOf(withoutNetwork.request("http://good.test/", { headers: many }))).toBe("http_invalid");
  const long = { x: "a".repeat(16_385) };
  expect(await codeOf(withoutNetwork.request("http://good.test/", { headers: long }))).toBe("http_invalid");
});

test("a message about a header does not hold its value", async () => {
  const work = withoutNetwork.request("http://good.test/", { headers: { authorization: "hunter2\n" } });
  expect((await failureOf(work)).message).not.toContain("hunter2");
});

for (const method of [
  "CONNECT",
  "TRACE",
  "BREW",
  "",
  "GET /x HTTP/1.1\r\nhost: evil\r\n\r\nGET",
  "GET\r\n",
]) {
  test(`the method ${JSON.stringify(method)} is refused`, async () => {
    expect(await codeOf(withoutNetwork.request("http://good.test/", { method }))).toBe("http_invalid");
  });
}

test("a body over the limit, and a body of a GET, are refused", async () => {
  const client = createTestClient(80, { limits: { httpRequestBytes: 3 } });
  const post = client.request("http://good.test:80/", { method: "POST", body: new Uint8Array(4) });
  expect(await codeOf(post)).toBe("http_too_large");
  const get = client.request("http://good.test:80/", { body: new Uint8Array(1) });
  expect(await codeOf(get)).toBe("http_invalid");
});

test("line breaks in a path cannot start a second request", async () => {
  await using server = await startHttpFixture((_, connection) => connection.end(writeHttpAnswer()));
  await createTestClient(server.port).request("/a\r\nhost: evil.test\r\n\r\nGET /b");
  expect(server.requests.map(({ target }) => target)).toEqual(["/ahost:%20evil.testGET%20/b"]);
});

for (const [name, answer] of [
  ["two different lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 5\r\n\r\nokabc"],
  [
    "a length and chunks",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["a length that is no number", "HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nok"],
  ["a negative length", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nok"],
  [
    "a chunk size that is no number",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n",
  ],
  ["a body that is cut", "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok"],
  ["chunks that are cut", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab"],
  ["a folded header", "HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 2\r\n\r\nok"],
  ["garbage", "what is this\r\n\r\n"],
  ["nothing", ""],
  ["half a head", "HTTP/1.1 200 OK\r\ncontent-le"],
  ["another protocol", "SSH-2.0-OpenSSH_9.9\r\n"],
  ["a status of three nines", "HTTP/1.1 999 Odd\r\ncontent-length: 2\r\n\r\nok"],
  ["an upgrade", "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nabc"],
  ["an unknown encoding", "HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\ncontent-length: 2\r\n\r\nok"],
  ["layers of encodings", "HTTP/1.1 200 OK\r\ncontent-encoding: gzip, gzip\r\ncontent-length: 2\r\n\r\nok"],
  ["gzip that is none", "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nok"],
] as const) {
  test(`an answer with ${name} fails`, async () => {
    expect(await codeFor((_, connection) => connection.end(answer))).toBe("http_failed");
  });
}

test("an upgrade that stays open fails and is closed", async () => {
  const head = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nabc";
  expect(await codeFor((_, connection) => connection.write(head))).toBe("http_failed");
});

test("many requests of an untrusted server at once leave no connection and no stray error", async () => {
  const answers = [
    "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok",
    "HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 20\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    "",
  ];
  let count = 0;
  await using server = await startHttpFixture((_, connection) => {
    connection.end(answers[count++ % answers.length]);
  });
  const client = createTestClient(server.port);
  const codes = await Promise.all(Array.from({ length: 100 }, () => codeOf(client.request("/"))));
  expect(new Set(codes).isSubsetOf(new Set(["http_failed", "http_too_large", "http_redirects"]))).toBe(true);
  await untilNoneOpen(server);
});

test("a body that comes a byte at a time arrives whole", async () => {
  const bytes = 1_000_000;
  const chunks = Buffer.from("1\r\na\r\n".repeat(bytes));
  await using server = await startHttpFixture(async (_, connection) => {
    await connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    await connection.write(chunks);
    connection.end("0\r\n\r\n");
  });
  expect((await createTestClient(server.port).request("/")).body).toHaveLength(bytes);
});

const small = { limits: { httpResponseBytes: 100_000 } };

test("a body without end fails at the limit", async () => {
  const code = await codeFor(async (_, connection) => {
    await connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    while (connection.isOpen) await connection.write(`4000\r\n${"a".repeat(0x4000)}\r\n`);
  }, small);
  expect(code).toBe("http_too_large");
});

test("a declared length over the limit fails before the body comes", async () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-length: 100001\r\n\r\n";
  expect(await codeFor((_, connection) => connection.write(head), small)).toBe("http_too_large");
});

test("a body of exactly the limit comes back", async () => {
  await using server = await startHttpFixture((_, connection) =>
    connection.end(writeHttpAnswer({ body: "a".repeat(100_000) })),
  );
  expect((await createTestClient(server.port, small).request("/")).body).toHaveLength(100_000);
});

for (const [encoding, bomb] of [
  ["gzip", gzipSync(new Uint8Array(50_000_000))],
  ["br", brotliCompressSync(new Uint8Array(50_000_000))],
] as const) {
  test(`a bomb of ${encoding} fails at the limit of the decoded size`, async () => {
    const answer = writeHttpAnswer({ headers: { "content-encoding": encoding }, body: bomb });
    expect(await codeFor((_, connection) => connection.end(answer), small)).toBe("http_too_large");
  });
}

test("headers without end, and too many of them, fail", async () => {
  const long = `HTTP/1.1 200 OK\r\nx: ${"a".repeat(100_000)}\r\n\r\n`;
  expect(await codeFor((_, connection) => connection.end(long))).toBe("http_too_large");
  const many = `HTTP/1.1 200 OK\r\n${"x:y\r\n".repeat(1_000)}\r\n`;
  expect(await codeFor((_, connection) => connection.end(many))).toBe("http_too_large");
});

const hasty = { limits: { httpTimeoutMs: 150 } };
const stalls: Record<string, FixtureHandler> = {
  "says nothing": () => undefined,
  "stops in the head": (_, connection) => connection.write("HTTP/1.1 200"),
  "stops in the body": (_, connection) => connection.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\na"),
  "drips its body": async (_, connection) => {
    await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
    while (connection.isOpen) {
      await connection.write("a");
      await Bun.sleep(5);
    }
  },
  "says 100 Continue for ever": async (_, connection) => {
    while (connection.isOpen) {
      await connection.write("HTTP/1.1 100 Continue\r\n\r\n");
      await Bun.sleep(5);
    }
  },
  "redirects slowly": async (_, connection) => {
    await Bun.sleep(40);
    connection.end(writeHttpAnswer({ status: 302, headers: { location: "/" } }));
  },
};
for (const [name, handler] of Object.entries(stalls)) {
  test(`a server that ${name} runs into the deadline`, async () => {
    expect(await codeFor(handler, hasty)).toBe("http_timeout");
  });
}

test("a resolver that never answers runs into the deadline", async () => {
  const lookup = () => new Promise<never>(() => undefined);
  const client = createTestClient(80, { hosts: ["good.test"], lookup, ...hasty });
  expect(await codeOf(client.request("http://good.test/"))).toBe("http_timeout");
});

test("a peer that never finishes the handshake of TLS runs into the deadline", async () => {
  await using server = await startHttpFixture(() => undefined);
  const client = createTestClient(server.port, hasty);
  expect(await codeOf(client.request(`https://good.test:${server.port}/`))).toBe("http_timeout");
  expect(server.acceptedConnections).toBe(1);
  await untilNoneOpen(server);
});

test("a cancelled request ends at once with the reason and closes its connection", async () => {
  await using server = await startHttpFixture((_, connection) =>
    connection.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\na"),
  );
  const controller = new AbortController();
  const work = failureOf(createTestClient(server.port).request("/", { signal: controller.signal }));
  await waitUntil("the request has arrived", () => server.requests.length === 1);
  controller.abort(new PluginFailure("timeout", "the call is over"));
  expect(await work).toEqual({ code: "timeout", message: "the call is over" });
  await untilNoneOpen(server);
});

test("a request that is cancelled before it starts sends nothing", async () => {
  await using server = await startHttpFixture((_, connection) => connection.end(writeHttpAnswer()));
  const work = createTestClient(server.port).request("/", { signal: AbortSignal.abort() });
  expect(await codeOf(work)).toBe("plugin_cancelled");
  expect(server.acceptedConnections).toBe(0);
});

test("a request that is cancelled while its name is resolved sends nothing", async () => {
  await using server = await startHttpFixture((_, connection) => connection.end(writeHttpAnswer()));
  const controller = new AbortController();
  const lookup = async () => {
    controller.abort();
    return await resolveToLoopback();
  };
  const client = createTestClient(server.port, { lookup });
  expect(await codeOf(client.request("/", { signal: controller.signal }))).toBe("plugin_cancelled");
  expect(server.acceptedConnections).toBe(0);
});

test("a server that closes while a large body is sent fails", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.resetAndDestroy());
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", () => listening.resolve());
  await listening.promise;
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const client = createTestClient(port);
  const code = await codeOf(client.request("/", { method: "POST", body: new Uint8Array(1_000_000) }));
  expect(code).toBe("http_failed");
  server.close();
});
