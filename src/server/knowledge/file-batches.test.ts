import { expect, test } from "bun:test";
import OpenAI, { toFile } from "openai";
import { openKnowledge } from "../../knowledge/knowledge-fixture.ts";
import { createServerRecords, type ServerChanges, waitUntil } from "../../testing/index.ts";
import { createServerApp } from "../app.ts";

/** Often enough for a test. */
const poll = { pollIntervalMs: 5 };

/** A server over real knowledge, and OpenAI's client of each key. */
async function openServer(changes: ServerChanges = {}) {
  const fixture = await openKnowledge();
  const { knowledge } = fixture;
  const app = createServerApp(createServerRecords({ knowledge: async () => knowledge, ...changes }).deps);
  const clientOf = (apiKey: string) =>
    new OpenAI({
      ...{ baseURL: "http://127.0.0.1/v1", apiKey, maxRetries: 0 },
      fetch: async (url, init) => await app.request(String(url), init as RequestInit),
    });
  return {
    ...{ fixture, app, clientOf, client: clientOf("none") },
    async [Symbol.asyncDispose]() {
      await knowledge.fileBatches.stop(AbortSignal.abort());
      await fixture[Symbol.asyncDispose]();
    },
  };
}

type Server = Awaited<ReturnType<typeof openServer>>;

async function upload(client: OpenAI, name: string, content: string | Uint8Array): Promise<string> {
  const file = await toFile(Buffer.from(content), name);
  return (await client.files.create({ file, purpose: "assistants" })).id;
}

async function refusal(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (failure: { readonly status: number; readonly param: string; readonly message: string }) => failure,
  );
  return { status: error?.status, param: error?.param, message: error?.message };
}

async function makeStore({ client }: Server): Promise<string> {
  return (await client.vectorStores.create({ name: "Handbook" })).id;
}

test("a batch of uploaded files can be searched once its client has waited for it", async () => {
  await using server = await openServer();
  const { client } = server;
  const store = await makeStore(server);
  const ids = [
    await upload(client, "owners.md", "# Owners\n\nOrchid belongs to Dana.\n"),
    await upload(client, "ports.md", "# Ports\n\nThe mailer listens on port 8125.\n"),
  ];
  const asked = { file_ids: ids, attributes: { team: "garden" } };
  const batch = await client.vectorStores.fileBatches.createAndPoll(store, asked, poll);
  expect(batch).toMatchObject({ object: "vector_store.files_batch", vector_store_id: store });
  expect(batch.id).toStartWith("vsfb_");
  expect(batch.status).toBe("completed");
  expect(batch.file_counts).toEqual({ in_progress: 0, completed: 2, failed: 0, cancelled: 0, total: 2 });
  const filters = { type: "eq", key: "team", value: "garden" } as const;
  const found = await client.vectorStores.search(store, { query: "Who owns Orchid?", filters });
  expect(found.data[0]).toMatchObject({ file_id: ids[0], filename: "owners.md" });
});

test("files are uploaded and put in by one call", async () => {
  await using server = await openServer();
  const { fileBatches, files } = server.client.vectorStores;
  const store = await makeStore(server);
  const sent = await Promise.all(
    ["one", "two", "three"].map((text) => toFile(Buffer.from(text), `${text}.md`)),
  );
  const batch = await fileBatches.uploadAndPoll(store, { files: sent }, poll);
  expect(batch).toMatchObject({ status: "completed", file_counts: { completed: 3, total: 3 } });
  expect((await files.list(store)).data).toHaveLength(3);
  expect((await server.client.vectorStores.retrieve(store)).file_counts).toMatchObject({
    completed: 3,
    total: 3,
  });
});

test("files of a batch are listed with why they failed, by page and by what became of them", async () => {
  await using server = await openServer();
  const { client } = server;
  const { fileBatches } = client.vectorStores;
  const store = await makeStore(server);
  const good = await upload(client, "owners.md", "Orchid belongs to Dana.");
  const bad = await upload(client, "photo.md", Uint8Array.from([0, 1, 2, 0, 255]));
  const asked = { files: [{ file_id: good, attributes: { team: "garden" } }, { file_id: bad }] };
  const { id } = await fileBatches.createAndPoll(store, asked, poll);
  const list = async (query: object) =>
    await Array.fromAsync(fileBatches.listFiles(id, { vector_store_id: store, ...query }));
  const all = await list({ limit: 1 });
  expect(all.map((file) => [file.id, file.status])).toEqual([
    [good, "completed"],
    [bad, "failed"],
  ]);
  expect(all[0]).toMatchObject({
    object: "vector_store.file",
    attributes: { team: "garden" },
    last_error: null,
  });
  expect(all[1]?.last_error?.code).toBe("unsupported_file");
  expect(all[1]?.last_error?.message).toContain("photo.md");
  expect((await list({ filter: "failed" })).map((file) => file.id)).toEqual([bad]);
  expect(await refusal(list({ filter: "lost" }))).toMatchObject({ status: 400, param: "filter" });
});

test("a vector store counts and lists the files that it did not take, until it has", async () => {
  await using server = await openServer();
  const { client } = server;
  const { files, fileBatches } = client.vectorStores;
  const store = await makeStore(server);
  const good = await upload(client, "owners.md", "Orchid belongs to Dana.");
  const bad = await upload(client, "photo.md", Uint8Array.from([0, 1, 2, 0, 255]));
  await fileBatches.createAndPoll(store, { file_ids: [good, bad] }, poll);
  const counts = { in_progress: 0, completed: 1, failed: 1, cancelled: 0, total: 2 };
  expect(await client.vectorStores.retrieve(store)).toMatchObject({
    status: "completed",
    file_counts: counts,
  });
  expect((await client.vectorStores.list()).data.find(({ id }) => id === store)?.file_counts).toEqual(counts);
  const listed = async (filter: "failed" | "completed" | "in_progress") =>
    (await Array.fromAsync(files.list(store, { filter, limit: 1 }))).map(({ id }) => id);
  expect([await listed("failed"), await listed("completed")]).toEqual([[bad], [good]]);
  expect(await listed("in_progress")).toEqual([]);
  expect(await files.retrieve(bad, { vector_store_id: store })).toMatchObject({
    ...{ id: bad, object: "vector_store.file", vector_store_id: store, status: "failed" },
    last_error: { code: "unsupported_file", message: expect.stringContaining("photo.md") },
  });
  expect(await refusal(listed("lost" as "failed"))).toMatchObject({ status: 400, param: "filter" });
  expect(await refusal(files.retrieve("file-none", { vector_store_id: store }))).toMatchObject({
    status: 404,
  });
});

test("an answer from a vector store cites the uploaded file by its id and name", async () => {
  await using server = await openServer();
  const { client } = server;
  const store = await makeStore(server);
  const file_id = await upload(client, "owners.md", "Orchid belongs to Dana.");
  await client.vectorStores.fileBatches.createAndPoll(store, { file_ids: [file_id] }, poll);
  const response = await server.app.request("/v1/chat/completions", {
    ...{ method: "POST", headers: { "content-type": "application/json" } },
    body: JSON.stringify({
      model: "fake-model",
      messages: [{ role: "user", content: "Who owns Orchid?" }],
      tools: [{ type: "file_search", vector_store_ids: [store] }],
    }),
  });
  expect(await response.json()).toMatchObject({
    hearth: { citations: [{ index: 1, collection: store, file_id, filename: "owners.md" }] },
  });
});

test("a batch is told and counted while it waits, and can be cancelled", async () => {
  await using server = await openServer();
  const { client, fixture } = server;
  const { fileBatches } = client.vectorStores;
  const store = await makeStore(server);
  const id = await upload(client, "owners.md", "Orchid belongs to Dana.");
  const deadline = new AbortController();
  await fixture.knowledge.fileBatches.stop(deadline.signal);
  const batch = await fileBatches.create(store, { file_ids: [id] });
  expect(batch).toMatchObject({ status: "in_progress", file_counts: { in_progress: 1, total: 1 } });
  expect(await client.vectorStores.retrieve(store)).toMatchObject({
    status: "in_progress",
    file_counts: { in_progress: 1, completed: 0, total: 1 },
  });
  const polled = await fileBatches.retrieve(batch.id, { vector_store_id: store }).asResponse();
  expect(polled.headers.get("openai-poll-after-ms")).toBe("500");
  const cancelled = await fileBatches.cancel(batch.id, { vector_store_id: store });
  expect(cancelled).toMatchObject({ status: "cancelled", file_counts: { cancelled: 1, total: 1 } });
  expect((await client.vectorStores.retrieve(store)).file_counts).toMatchObject({ cancelled: 1, total: 1 });
});

test("what became of a batch is told after its vector store was removed", async () => {
  await using server = await openServer();
  const { client } = server;
  const store = await makeStore(server);
  const id = await upload(client, "owners.md", "Orchid belongs to Dana.");
  const batch = await client.vectorStores.fileBatches.createAndPoll(store, { file_ids: [id] }, poll);
  await client.vectorStores.delete(store);
  const asked = { vector_store_id: store };
  expect((await client.vectorStores.fileBatches.retrieve(batch.id, asked)).status).toBe("completed");
  const again = client.vectorStores.fileBatches.create(store, { file_ids: [id] });
  expect(await refusal(again)).toMatchObject({ status: 404 });
});

test("a body with both lists of files, with none, or with a file that is not there is refused", async () => {
  await using server = await openServer();
  const { fileBatches } = server.client.vectorStores;
  const store = await makeStore(server);
  const both = fileBatches.create(store, { file_ids: ["file-1"], files: [{ file_id: "file-1" }] });
  expect(await refusal(both)).toMatchObject({ status: 400, param: "files" });
  expect(await refusal(fileBatches.create(store, {}))).toMatchObject({ status: 400, param: "file_ids" });
  const many = Array.from({ length: 2_001 }, (_, index) => `file-${index}`);
  expect(await refusal(fileBatches.create(store, { file_ids: many }))).toMatchObject({ param: "file_ids" });
  expect(await refusal(fileBatches.create(store, { file_ids: ["file-1"] }))).toMatchObject({
    status: 404,
    message: expect.stringContaining('There is no file "file-1"'),
  });
});

test("fields that nothing acts on are named", async () => {
  await using server = await openServer();
  const { client } = server;
  const store = await makeStore(server);
  const file_id = await upload(client, "owners.md", "Orchid belongs to Dana.");
  const chunking_strategy = { type: "auto" } as const;
  const asked = { files: [{ file_id, chunking_strategy }], attributes: { team: "mail" } };
  const response = await client.vectorStores.fileBatches.create(store, asked).asResponse();
  expect(response.headers.get("x-hearth-ignored")).toBe("attributes, files.chunking_strategy");
});

test("a batch is there for the key that made it, and making and cancelling one takes an admin key", async () => {
  await using server = await openServer({ apiKeys: ["user"], adminKeys: ["admin", "other"] });
  const [admin, other, user] = ["admin", "other", "user"].map(server.clientOf);
  if (!admin || !other || !user) throw new Error("three clients were made");
  const store = (await admin.vectorStores.create({ name: "Handbook" })).id;
  const asked = { file_ids: [await upload(admin, "owners.md", "Orchid belongs to Dana.")] };
  const { id } = await admin.vectorStores.fileBatches.create(store, asked);
  const key = { vector_store_id: store };
  const status = async (work: Promise<unknown>) => (await refusal(work)).status;
  expect(await status(user.vectorStores.fileBatches.create(store, asked))).toBe(403);
  expect(await status(user.vectorStores.fileBatches.cancel(id, key))).toBe(403);
  expect(await status(other.vectorStores.fileBatches.create(store, asked))).toBe(404);
  expect(await status(other.vectorStores.fileBatches.cancel(id, key))).toBe(404);
  expect(await status(other.vectorStores.fileBatches.retrieve(id, key))).toBe(404);
  expect(await status(other.vectorStores.fileBatches.listFiles(id, key))).toBe(404);
  await waitUntil("the batch ends", async () => {
    return (await admin.vectorStores.fileBatches.retrieve(id, key)).status === "completed";
  });
});
