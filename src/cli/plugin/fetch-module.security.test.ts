import { expect, test } from "bun:test";
import { type FixtureHandler, startHttpFixture, writeHttpAnswer } from "../../testing/index.ts";
import { fetchModule, toSource } from "./fetch-module.ts";

const never = new AbortController().signal;

async function fetchFrom(handler: FixtureHandler, signal = never) {
  await using server = await startHttpFixture(handler);
  const address = `http://127.0.0.1:${server.port}/it.wasm`;
  const result = await fetchModule(address, signal).then(
    (bytes) => ({ bytes: new TextDecoder().decode(bytes), error: "" }),
    (error: Error) => ({ bytes: "", error: error.message }),
  );
  return { ...result, requests: server.requests };
}

const leadTo = (location: string): FixtureHandler => {
  return (_, connection) => connection.end(writeHttpAnswer({ status: 302, headers: { location } }));
};

test("redirects are followed, and an endless chain of them is not", async () => {
  const found = await fetchFrom(({ target }, connection) => {
    const isFirst = target === "/it.wasm";
    connection.end(
      isFirst
        ? writeHttpAnswer({ status: 301, headers: { location: "/other" } })
        : writeHttpAnswer({ body: "x" }),
    );
  });
  expect(found).toMatchObject({ bytes: "x", error: "" });
  const chained = await fetchFrom(leadTo("/it.wasm"));
  expect(chained.error).toContain("it leads on more than 5 times");
  expect(chained.requests).toHaveLength(6);
});

test.each([
  "http://example.com/it.wasm",
  "file:///etc/passwd",
  "ftp://example.com/x",
  "data:,x",
  "http://10.0.0.1/",
])("a redirect to %s is refused", async (location) => {
  expect((await fetchFrom(leadTo(location))).error).toContain("plugins come over https");
});

test.each(["http://example.com/it.wasm", "file:///etc/passwd", "http://localhost.example.com/", "nonsense"])(
  "%s is not fetched",
  async (address) => {
    await expect(fetchModule(address, never)).rejects.toThrow("plugins come over https");
  },
);

test("an answer larger than a module may be is left after that", async () => {
  const chunk = new Uint8Array(4 * 2 ** 20);
  const { error } = await fetchFrom(async (_, connection) => {
    await connection.write("HTTP/1.1 200 OK\r\n\r\n");
    while (connection.isOpen) await connection.write(chunk);
  });
  expect(error).toContain("it is larger than 33554432 bytes");
});

test("an answer other than success, and one that is cut off, name the reason", async () => {
  const missing = await fetchFrom((_, connection) =>
    connection.end(writeHttpAnswer({ status: 404, body: "x" })),
  );
  expect(missing.error).toContain("the server answered 404");
  const cut = await fetchFrom((_, connection) =>
    connection.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx"),
  );
  expect(cut.error).toContain("cannot be fetched: ");
});

test("a stop ends the wait", async () => {
  const stopping = new AbortController();
  const { error } = await fetchFrom(() => stopping.abort(new Error("stopped")), stopping.signal);
  expect(error).toBe("stopped");
});

test("a source has neither a password nor a query", () => {
  expect(toSource("https://me:secret@example.com/a.wasm?token=x#y")).toBe("https://example.com/a.wasm");
});
