import { expect, test } from "bun:test";
import { startHttpFixture, writeHttpAnswer } from "../../../testing/index.ts";
import { fetchPage, parsePageAddress } from "./fetch-page.ts";
import { isPrivateAddress } from "./private-address.ts";

const { signal } = new AbortController();
const fetchText = (
  address: string,
  options: { readonly maxBytes?: number; readonly timeoutMs?: number } = {},
) => fetchPage(parsePageAddress(address), { maxBytes: 10_000, signal, ...options });

test.each([
  ...[
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
  ],
  ...[
    "::1",
    "::",
    "fd00::1",
    "fe80::1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "2002:a00:1::",
  ],
  ...["::7f00:1", "not an address", ""],
  ...["168.63.129.16", "2606:4700::5efe:7f00:1", "::ffff:0:7f00:1"],
])("%p is private or no address", (address) => {
  expect(isPrivateAddress(address)).toBe(true);
});

test.each(["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111"])("%p is public", (address) => {
  expect(isPrivateAddress(address)).toBe(false);
});

test("a name that leads to this machine is refused, and its number is not", async () => {
  await using server = await startHttpFixture((_request, connection) =>
    connection.end(writeHttpAnswer({ body: "x" })),
  );
  for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
    expect(await fetchText(`http://${host}:${server.port}/`)).toMatchObject({ type: "page" });
  const { hostname } = await import("node:os");
  const named = fetchText(`http://${hostname()}:${server.port}/`);
  await expect(named).rejects.toMatchObject({
    code: expect.stringMatching(/invalid_request|download_failed/),
  });
  expect(server.requests).toHaveLength(3);
});

test("a redirect into the machine's network is not followed", async () => {
  await using inner = await startHttpFixture((_request, connection) =>
    connection.end(writeHttpAnswer({ body: "secret" })),
  );
  const location = `http://127.0.0.1:${inner.port}/secret`;
  await using server = await startHttpFixture((_request, connection) =>
    connection.end(writeHttpAnswer({ status: 302, headers: { location } })),
  );
  const fetched = fetchText(`http://127.0.0.1:${server.port}/`);
  await expect(fetched).rejects.toMatchObject({ code: "invalid_request" });
  expect(inner.requests).toHaveLength(0);
});

test("a body that is too large is given up, told or not", async () => {
  await using told = await startHttpFixture((_request, connection) =>
    connection.write("HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n"),
  );
  await expect(fetchText(`http://127.0.0.1:${told.port}/`)).rejects.toMatchObject({ code: "body_too_large" });
  await using endless = await startHttpFixture(async (_request, connection) => {
    await connection.write("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
    while (connection.isOpen) await connection.write("x".repeat(4_096));
  });
  await expect(fetchText(`http://127.0.0.1:${endless.port}/`)).rejects.toMatchObject({
    code: "body_too_large",
  });
});

test("a server that says nothing is given up", async () => {
  await using silent = await startHttpFixture(() => undefined);
  const fetched = fetchText(`http://127.0.0.1:${silent.port}/`, { timeoutMs: 100 });
  await expect(fetched).rejects.toMatchObject({
    code: "download_failed",
    message: expect.stringContaining("0.1 s"),
  });
});

test("an answer that breaks off is not taken for the whole", async () => {
  await using server = await startHttpFixture((_request, connection) =>
    connection.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"),
  );
  await expect(fetchText(`http://127.0.0.1:${server.port}/`)).rejects.toMatchObject({
    code: "download_failed",
  });
});

test("a packed body, which was not asked for, is not unpacked", async () => {
  await using server = await startHttpFixture((_request, connection) =>
    connection.end(
      writeHttpAnswer({ headers: { "content-encoding": "gzip" }, body: Bun.gzipSync("x".repeat(1_000)) }),
    ),
  );
  await expect(fetchText(`http://127.0.0.1:${server.port}/`)).rejects.toMatchObject({
    code: "download_failed",
  });
});
