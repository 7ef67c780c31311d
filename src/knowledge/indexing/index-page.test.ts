import { expect, test } from "bun:test";
import { startHttpFixture, writeHttpAnswer } from "../../testing/index.ts";
import { createMemoryStore } from "./indexing.fixture.ts";
import { createIndexing } from "./indexing.ts";

test("a page is indexed under its address, replaced when it changes, and removed when it is gone", async () => {
  let page = {
    status: 200,
    headers: { "content-type": "text/html" },
    body: "<title>Tea</title><p>Green tea</p>",
  };
  await using server = await startHttpFixture((_request, connection) =>
    connection.end(writeHttpAnswer(page)),
  );
  const store = createMemoryStore();
  const { index } = createIndexing({ knowledge: store });
  const source = `http://127.0.0.1:${server.port}/tea#top`;
  const run = () => index({ source, collection: "web" }, { signal: new AbortController().signal });
  const root = `http://127.0.0.1:${server.port}/tea`;
  expect(await run()).toMatchObject({ root, listedBy: "address", added: 1, chunks: 1 });
  expect(store.list("web", root)).toEqual([[root, "Green tea"]]);
  expect(await run()).toMatchObject({ added: 0, unchanged: 1 });
  page = { ...page, body: "<p>Black tea</p>" };
  expect(await run()).toMatchObject({ replaced: 1 });
  page = { ...page, status: 404 };
  expect(await run()).toMatchObject({ removed: 1 });
  await expect(run()).rejects.toMatchObject({ code: "not_found" });
});

test("what is no page of text is refused, and no collection is made for it", async () => {
  const answers = { "/image": "image/png", "/binary": "text/plain" };
  await using server = await startHttpFixture(({ target }, connection) =>
    connection.end(
      writeHttpAnswer({
        headers: { "content-type": target === "/image" ? answers["/image"] : answers["/binary"] },
        body: Buffer.from([0, 1, 2]),
      }),
    ),
  );
  const store = createMemoryStore();
  const { index } = createIndexing({ knowledge: store });
  const run = (path: string) =>
    index(
      { source: `http://127.0.0.1:${server.port}${path}`, collection: "web" },
      { signal: new AbortController().signal },
    );
  await expect(run("/image")).rejects.toMatchObject({ code: "unsupported_media_type" });
  await expect(run("/binary")).rejects.toMatchObject({ code: "invalid_request" });
  expect(store.names()).toEqual([]);
});

test("an address of another kind is no path, and is refused as what it is", async () => {
  const store = createMemoryStore();
  const { index } = createIndexing({ knowledge: store });
  const { signal } = new AbortController();
  for (const source of ["ftp://example.org/a", "file:///etc/hosts"])
    await expect(index({ source, collection: "web" }, { signal })).rejects.toMatchObject({
      ...{ code: "invalid_request", message: expect.stringContaining("http or https") },
    });
});
