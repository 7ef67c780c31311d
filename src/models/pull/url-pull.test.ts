import { expect, test } from "bun:test";
import { createBytes, digestOf } from "../../testing/registry/registry-server.ts";
import { waitUntil } from "../../testing/wait-until.ts";
import { createPullSetup, type PullSetup, statusesOf } from "./pull-setup.fixture.ts";

const path = "/files/tiny.gguf";
const bytes = createBytes(2_000_000);

async function stopAfter(setup: PullSetup, url: string, completed: number): Promise<void> {
  setup.server.misbehave({ times: 1, how: { kind: "slow", chunkBytes: 1, delayMs: 0 } });
  setup.server.misbehave({ path, how: { kind: "slow", chunkBytes: 50_000, delayMs: 2 } });
  const controller = new AbortController();
  const run = async () => {
    for await (const event of setup.start(url, controller.signal)) {
      if (event.type === "progress" && event.completed >= completed) controller.abort();
    }
  };
  await expect(run()).rejects.toMatchObject({ code: "cancelled" });
  setup.server.behave();
  setup.server.sent.clear();
}

test("a file is pulled by its address, and its own digest recorded", async () => {
  using setup = createPullSetup();
  setup.server.addFile(path, bytes, { etag: '"one"' });
  const { model, events } = await setup.pull(`${setup.server.url}${path}?sig=secret`);
  expect(model.name).toBe("tiny");
  expect(model.origin).toBe(`${setup.server.url}${path}`);
  expect(model.layers).toEqual([{ role: "model", digest: digestOf(bytes), bytes: bytes.byteLength }]);
  expect(await setup.blobs.size(digestOf(bytes))).toBe(bytes.byteLength);
  expect(statusesOf(events).join()).not.toContain("secret");
});

test("a stopped download goes on while the ETag is the same", async () => {
  using setup = createPullSetup();
  setup.server.addFile(path, bytes, { etag: '"one"' });
  await stopAfter(setup, `${setup.server.url}${path}`, 500_000);
  await setup.pull(`${setup.server.url}${path}`);
  expect(setup.server.sent.total(path)).toBeLessThan(bytes.byteLength - 400_000);
});

test("a file that changed between two pulls is not mixed with what was kept", async () => {
  using setup = createPullSetup();
  const other = createBytes(2_000_000, 9);
  setup.server.addFile(path, bytes, { etag: '"one"' });
  await stopAfter(setup, `${setup.server.url}${path}`, 500_000);
  setup.server.addFile(path, other, { etag: '"two"' });
  const { model } = await setup.pull(`${setup.server.url}${path}`);
  expect(model.layers[0]?.digest).toBe(digestOf(other));
});

test("a file that changes while it is fetched is fetched anew, and that is said", async () => {
  using setup = createPullSetup();
  const other = createBytes(1_500_000, 9);
  setup.server.addFile(path, bytes, { etag: '"one"' });
  setup.server.misbehave({ times: 1, how: { kind: "slow", chunkBytes: 1, delayMs: 0 } });
  setup.server.misbehave({ path, times: 1, how: { kind: "cut", afterBytes: 100_000 } });
  const pulling = setup.pull(`${setup.server.url}${path}`);
  await waitUntil("the download is cut", () => setup.server.sent.total(path) >= 100_000);
  setup.server.addFile(path, other, { etag: '"two"' });
  const { model, events } = await pulling;
  expect(model.layers[0]?.digest).toBe(digestOf(other));
  expect(statusesOf(events).some((status) => status.includes("changed on"))).toBe(true);
});

test("all parts of a split file come", async () => {
  using setup = createPullSetup();
  for (const index of [1, 2]) {
    setup.server.addFile(`/m-0000${index}-of-00002.gguf`, createBytes(1000, index), { etag: `"${index}"` });
  }
  const { model } = await setup.pull(`${setup.server.url}/m-00001-of-00002.gguf`);
  expect(model.layers.map(({ digest }) => digest)).toEqual(
    [1, 2].map((seed) => digestOf(createBytes(1000, seed))),
  );
});

test("an address where nothing is, is said to be so", async () => {
  using setup = createPullSetup();
  await expect(setup.pull(`${setup.server.url}/none.gguf?sig=secret`)).rejects.toMatchObject({
    code: "model_not_found",
    message: expect.not.stringContaining("secret"),
  });
});

test("a path is not pulled but imported", async () => {
  using setup = createPullSetup();
  await expect(setup.pull("./tiny.gguf")).rejects.toThrow("use hearth import");
});

/** A server whose files have a date and no strong ETag; `starts` are those of the ranges asked for. */
function serveDated(content: { bytes: Uint8Array; modified: string }) {
  const starts: number[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const [, start = "0", end = "0"] = /(\d+)-(\d+)/.exec(request.headers.get("range") ?? "") ?? [];
      if (end !== "0") starts.push(Number(start));
      const part = new Uint8Array(content.bytes.subarray(Number(start), Number(end) + 1));
      const contentRange = `bytes ${start}-${end}/${content.bytes.byteLength}`;
      const headers = { "last-modified": content.modified, etag: 'W/"x"', "content-range": contentRange };
      return new Response(part, { status: 206, headers });
    },
  });
  return { url: `http://127.0.0.1:${server.port}${path}`, starts, [Symbol.dispose]: () => server.stop(true) };
}

/** Stops a pull once the first of its pieces has come. */
async function stopEarly(setup: PullSetup, url: string): Promise<void> {
  const controller = new AbortController();
  const run = async () => {
    for await (const event of setup.start(url, controller.signal)) {
      if (event.type === "progress" && event.completed > 0) controller.abort();
    }
  };
  await expect(run()).rejects.toMatchObject({ code: "cancelled" });
}

const manyBytes = createBytes(100_000_000);
const monday = "Mon, 05 Jan 2026 10:00:00 GMT";
const tuesday = "Tue, 06 Jan 2026 10:00:00 GMT";

test("without a strong ETag a stopped download goes on while the date is the same", async () => {
  using setup = createPullSetup();
  using server = serveDated({ bytes: manyBytes, modified: monday });
  await stopEarly(setup, server.url);
  server.starts.length = 0;
  const { model } = await setup.pull(server.url);
  expect(model.layers[0]?.digest).toBe(digestOf(manyBytes));
  expect(server.starts).not.toContain(0);
});

test("without a strong ETag a file with another date is not mixed with what was kept", async () => {
  using setup = createPullSetup();
  const content = { bytes: manyBytes, modified: monday };
  using server = serveDated(content);
  await stopEarly(setup, server.url);
  const other = createBytes(manyBytes.byteLength, 9);
  Object.assign(content, { bytes: other, modified: tuesday });
  const { model } = await setup.pull(server.url);
  expect(model.layers[0]?.digest).toBe(digestOf(other));
});
