import { describe, expect, test } from "bun:test";
import { startHttpFixture, writeHttpAnswer } from "../../../testing/index.ts";
import { fetchPage, parsePageAddress } from "./fetch-page.ts";

const { signal } = new AbortController();
const fetchText = (
  address: string,
  options: { readonly maxBytes?: number; readonly timeoutMs?: number } = {},
) => fetchPage(parsePageAddress(address), { maxBytes: 10_000, signal, ...options });
const answer = (body: string, headers: Readonly<Record<string, string>> = {}, status = 200) =>
  writeHttpAnswer({ status, headers: { "content-type": "text/html; charset=UTF-8", ...headers }, body });

describe("a page", () => {
  test("is its bytes with what the server says they are", async () => {
    await using server = await startHttpFixture((_request, connection) =>
      connection.end(answer("<p>hello</p>")),
    );
    expect(await fetchText(`http://127.0.0.1:${server.port}/a?b=1#part`)).toEqual({
      ...{ type: "page", mediaType: "text/html", charset: "utf-8" },
      bytes: Buffer.from("<p>hello</p>"),
    });
    expect(server.requests[0]?.target).toBe("/a?b=1");
  });

  test("is found behind redirects within its origin", async () => {
    await using server = await startHttpFixture(({ target }, connection) =>
      connection.end(target === "/a" ? answer("", { location: "/b" }, 302) : answer("there")),
    );
    const page = await fetchText(`http://127.0.0.1:${server.port}/a`);
    expect(page).toMatchObject({ type: "page", bytes: Buffer.from("there") });
  });

  test("that is gone is told from one that fails", async () => {
    await using server = await startHttpFixture(({ target }, connection) =>
      connection.end(answer("", {}, target === "/gone" ? 410 : 500)),
    );
    expect(await fetchText(`http://127.0.0.1:${server.port}/gone`)).toEqual({ type: "gone", status: 410 });
    const failed = fetchText(`http://127.0.0.1:${server.port}/fault`);
    await expect(failed).rejects.toMatchObject({
      code: "download_failed",
      message: expect.stringContaining("500"),
    });
  });
});

test.each([
  "ftp://example.org/",
  "file:///etc/passwd",
  "http://",
  "no address",
  "http://user:secret@example.org/",
])("%s is no address of a page", (text) => {
  expect(() => parsePageAddress(text)).toThrow();
  expect(() => parsePageAddress(text)).not.toThrow("secret");
});
