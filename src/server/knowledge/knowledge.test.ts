import { describe, expect, test } from "bun:test";
import OpenAI, { toFile } from "openai";
import { openKnowledge } from "../../knowledge/knowledge-fixture.ts";
import { createServerRecords, type ServerChanges } from "../../testing/index.ts";
import { createServerApp } from "../app.ts";
import { createAuthenticator } from "../auth.ts";

type Json = Readonly<Record<string, unknown>>;

/** A server over real knowledge, searched by words, and clients of both kinds. */
async function openServer(changes: ServerChanges = {}) {
  const fixture = await openKnowledge();
  const records = createServerRecords({ knowledge: async () => fixture.knowledge, ...changes });
  const app = createServerApp(records.deps);
  const send = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const response = await app.request(path, {
      ...{ method, headers: { "content-type": "application/json", ...headers } },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
  };
  const client = new OpenAI({
    ...{ baseURL: "http://127.0.0.1/v1", apiKey: "none", maxRetries: 0 },
    fetch: async (url, init) => await app.request(String(url), init as RequestInit),
  });
  return { ...records, fixture, send, client, [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() };
}

const notes = {
  documents: [
    {
      source: "ports.md",
      text: "# Ports\n\nThe mailer listens on port 8125.\n",
      attributes: { team: "mail" },
    },
    { source: "owners.md", text: "# Owners\n\nOrchid belongs to Dana.\n", attributes: { team: "garden" } },
  ],
};

describe("collections", () => {
  test("documents that were added are found with their lines, and are gone once they are removed", async () => {
    await using server = await openServer();
    expect((await server.send("POST", "/v1/collections", { name: "notes" })).status).toBe(201);
    const added = await server.send("POST", "/v1/collections/notes/documents", notes);
    expect(added.status).toBe(201);
    const found = await server.send("POST", "/v1/collections/notes/search", { query: "Who owns Orchid?" });
    expect(found.body).toMatchObject({
      mode: "words",
      data: [{ source: "owners.md", start_line: 1, end_line: 3, attributes: { team: "garden" } }],
    });
    const listed = added.body.data as { id: string; source: string }[];
    const id = listed.find(({ source }) => source === "owners.md")?.id;
    expect((await server.send("DELETE", `/v1/collections/notes/documents/${id}`)).status).toBe(200);
    const after = await server.send("POST", "/v1/collections/notes/search", { query: "Orchid" });
    expect(after.body).toMatchObject({ data: [], reason: expect.any(String) });
    expect((await server.send("GET", `/v1/collections/notes/documents/${id}`)).status).toBe(404);
  });

  test("a chat that names a collection is answered from it, and says from where", async () => {
    await using server = await openServer();
    await server.send("POST", "/v1/collections", { name: "notes" });
    await server.send("POST", "/v1/collections/notes/documents", notes);
    const messages = [{ role: "user", content: "Who owns Orchid?" }];
    const chat = { model: "fake-model", messages, hearth: { collections: ["notes"] } };
    const { body, headers } = await server.send("POST", "/v1/chat/completions", chat);
    expect(body.hearth).toMatchObject({ mode: "words", citations: [{ index: 1, source: "owners.md" }] });
    expect(headers.get("x-hearth-route")).toBe("local; rule=named; model=fake-model");
    const [asked] = server.engine.requests.slice(-1);
    expect(asked?.input).toMatchObject({
      messages: [{ content: expect.stringContaining("belongs to Dana") }],
    });
  });

  test("what is not there and what cannot be is told by its name", async () => {
    await using server = await openServer();
    expect((await server.send("GET", "/v1/collections/nowhere")).status).toBe(404);
    const missing = await server.send("POST", "/v1/collections/nowhere/search", { query: "a" });
    expect(missing.status).toBe(404);
    const misspelt = await server.send("POST", "/v1/collections", { name: "a", labels: "local" });
    expect(misspelt.status).toBe(400);
    expect(misspelt.body).toMatchObject({ error: { message: expect.stringContaining('"labels"') } });
    const binary = { documents: [{ source: "a.bin", text: "\u0000\u0001\u0002" }] };
    await server.send("POST", "/v1/collections", { name: "notes" });
    const refused = await server.send("POST", "/v1/collections/notes/documents", binary);
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ error: { param: "documents[0].text" } });
  });

  test("with admin keys, other keys may search and not change", async () => {
    await using server = await openServer({ apiKeys: ["user"], adminKeys: ["admin"] });
    const as = (key: string) => ({ authorization: `Bearer ${key}` });
    const make = (key: string) => server.send("POST", "/v1/collections", { name: "notes" }, as(key));
    expect((await make("user")).status).toBe(403);
    expect((await make("admin")).status).toBe(201);
    expect((await server.send("GET", "/v1/collections/notes", undefined, as("user"))).status).toBe(200);
  });
});

test("what was learnt of one key's requests is not there for another, by whichever way it asks", async () => {
  await using server = await openServer({ apiKeys: ["one", "two"] });
  const owner = createAuthenticator(server.deps)(new Headers({ authorization: "Bearer one" })).tenant;
  const document = {
    ...{ source: "i1", contentHash: "1", attributes: { tenant: owner, query: "my secret orchid" } },
    chunks: [{ text: "my secret orchid", startLine: 1, endLine: 1 }],
  };
  const { signal } = new AbortController();
  const [added] = await server.fixture.knowledge.documents.add("interaction-history", [document], signal);
  const seen = async (key: string) => {
    const ask = (method: string, path: string, body?: object) =>
      server.send(method, path, body, { authorization: `Bearer ${key}` });
    const found = await ask("POST", "/v1/collections/interaction-history/search", { query: "orchid" });
    const store = await ask("POST", "/v1/vector_stores/interaction-history/search", { query: "orchid" });
    const listed = await ask("GET", "/v1/collections/interaction-history/documents");
    const files = await ask("GET", "/v1/vector_stores/interaction-history/files");
    const shown = await ask("GET", `/v1/collections/interaction-history/documents/${added?.id}`);
    const content = await ask("GET", `/v1/vector_stores/interaction-history/files/${added?.id}/content`);
    const counts = [found, store, listed, files].map(({ body }) => (body.data as unknown[]).length);
    return [...counts, shown.status, content.status];
  };
  expect(await seen("one")).toEqual([1, 1, 1, 1, 200, 200]);
  expect(await seen("two")).toEqual([0, 0, 0, 0, 404, 404]);
  const path = `/v1/collections/interaction-history/documents/${added?.id}`;
  const remove = (key: string) => server.send("DELETE", path, undefined, { authorization: `Bearer ${key}` });
  expect([(await remove("two")).status, (await remove("one")).status]).toEqual([404, 200]);
});

describe("OpenAI's client", () => {
  test("uploads a file, puts it into a vector store, searches it and takes it out again", async () => {
    await using server = await openServer();
    const { files, vectorStores } = server.client;
    const content = "# Owners\n\nOrchid belongs to Dana.\n";
    const file = await files.create({
      file: await toFile(Buffer.from(content), "owners.md"),
      purpose: "assistants",
    });
    expect(file).toMatchObject({ filename: "owners.md", bytes: content.length, status: "processed" });
    expect(await (await files.content(file.id)).text()).toBe(content);
    const store = await vectorStores.create({ name: "Handbook" });
    expect(store).toMatchObject({ name: "Handbook", file_counts: { total: 0 } });
    const attached = await vectorStores.files.create(store.id, {
      file_id: file.id,
      attributes: { team: "garden" },
    });
    expect(attached).toMatchObject({ id: file.id, status: "completed", attributes: { team: "garden" } });
    const page = await vectorStores.search(store.id, { query: "Who owns Orchid?" });
    expect(page.data).toMatchObject([
      { file_id: file.id, filename: "owners.md", content: [{ type: "text", text: content.trimEnd() }] },
    ]);
    const filters = { type: "eq", key: "team", value: "mail" } as const;
    expect((await vectorStores.search(store.id, { query: "Orchid", filters })).data).toEqual([]);
    expect((await vectorStores.files.list(store.id)).data.map(({ id }) => id)).toEqual([file.id]);
    await vectorStores.files.delete(file.id, { vector_store_id: store.id });
    expect((await vectorStores.search(store.id, { query: "Orchid" })).data).toEqual([]);
    await vectorStores.delete(store.id);
    const gone = await vectorStores
      .retrieve(store.id)
      .catch((error: { readonly status?: number }) => error.status);
    expect(gone).toBe(404);
  });

  test("asks with the tool file_search and gets an answer, not a call", async () => {
    await using server = await openServer();
    await server.send("POST", "/v1/collections", { name: "notes" });
    await server.send("POST", "/v1/collections/notes/documents", notes);
    const { body } = await server.send("POST", "/v1/chat/completions", {
      model: "fake-model",
      messages: [{ role: "user", content: "Which port has the mailer?" }],
      tools: [{ type: "file_search", vector_store_ids: ["notes"], max_num_results: 1 }],
    });
    expect(body.hearth).toMatchObject({ citations: [{ source: "ports.md" }] });
    const none = await server.send("POST", "/v1/chat/completions", {
      model: "fake-model",
      messages: [{ role: "user", content: "Hello" }],
      tools: [{ type: "file_search" }],
    });
    expect(none.body).toMatchObject({ error: { param: "tools[0].vector_store_ids" } });
  });

  test("a form without a file, and a body that is no form, are refused", async () => {
    await using server = await openServer();
    expect((await server.send("POST", "/v1/files", {})).status).toBe(415);
    const form = new FormData();
    form.set("purpose", "assistants");
    const app = createServerApp(server.deps);
    const response = await app.request("/v1/files", { method: "POST", body: form });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("file")]);
  });

  test("a file whose name is empty is refused by its field", async () => {
    await using server = await openServer();
    const part = (fields: string, content: string) =>
      `--x\r\ncontent-disposition: form-data; ${fields}\r\n\r\n${content}\r\n`;
    const response = await createServerApp(server.deps).request("/v1/files", {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x" },
      body: `${part('name="file"; filename=""', "hi")}${part('name="purpose"', "assistants")}--x--\r\n`,
    });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("file:")]);
  });
});
