import { Database as Sqlite } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { databasePath } from "../config/index.ts";
import { openHomeDatabase } from "../store/index.ts";
import { createTemporaryFolder } from "../testing/index.ts";
import { type ServeProcess, startServe } from "../testing/serve-process.ts";

setDefaultTimeout(120_000);

const pageBytes = 4096;
const needTheDatabase = [
  ...["/v1/collections", "/v1/interactions", "/v1/routes", "/v1/routes/bars", "/v1/judge/runs"],
  ...["/v1/coordination/runs", "/v1/files", "/v1/vector_stores", "/v1/cache", "/api/plugins"],
];

/** Garbage over the first pages of what the query names, as a failing disk leaves it. */
function breakPages(path: string, where: string): void {
  const sqlite = new Sqlite(path, { readonly: true });
  const roots = sqlite
    .prepare<{ readonly rootpage: number }, []>(
      `select rootpage from sqlite_schema where rootpage > 0 and ${where}`,
    )
    .all();
  sqlite.close();
  const bytes = readFileSync(path);
  for (const { rootpage } of roots) bytes.fill(0xa5, (rootpage - 1) * pageBytes, rootpage * pageBytes);
  writeFileSync(path, bytes);
}

/** A server on a real database that was damaged before it started. */
async function serveDamaged(damage: (path: string) => void) {
  const folder = createTemporaryFolder();
  const home = folder.file("home");
  await (await openHomeDatabase(home)).close();
  damage(databasePath(home));
  const environment = { HEARTH_DISCOVER: "off" };
  const server = await startServe(["--home", home], { environment });
  return {
    server,
    home,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

async function get(server: ServeProcess, path: string) {
  const reply = await fetch(`${server.url}${path}`);
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}

async function post(server: ServeProcess, path: string, body: object) {
  const headers = { "content-type": "application/json" };
  const reply = await fetch(`${server.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: reply.status, text: await reply.text() };
}

function chat(server: ServeProcess, content = "Who are you?") {
  const messages = [{ role: "user", content }];
  return post(server, "/v1/chat/completions", { model: "hearth-demo", max_tokens: 1, messages });
}

describe.each([
  [
    "whose header is garbage",
    (path: string) => writeFileSync(path, readFileSync(path).fill(0xa5, 0, pageBytes)),
  ],
  [
    "whose pages in the middle are garbage",
    (path: string) => breakPages(path, "tbl_name not like 'kysely%'"),
  ],
])("beside a database %s", (_, damage) => {
  let world: Awaited<ReturnType<typeof serveDamaged>>;
  beforeAll(async () => {
    world = await serveDamaged(damage);
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  test.each(needTheDatabase)("GET %s says that it is damaged and what to do", async (path) => {
    const { status, headers, text } = await get(world.server, path);
    expect(status).toBe(500);
    expect(headers.get("x-should-retry")).toBe("false");
    const { error } = JSON.parse(text);
    expect(error.code).toBe("database_damaged");
    expect(error.message).toContain("the database hearth.db is damaged (SQLITE_");
    expect(error.message).toContain(
      "stop hearth and move it away, or put a copy of it back; model files are kept",
    );
    expect(error.message).toContain("hearth doctor");
    expect(text).not.toContain(world.home);
  });

  test("GET /v1/status says of each part that it is damaged", async () => {
    const { status, text } = await get(world.server, "/v1/status");
    expect(status).toBe(200);
    const damaged = { code: "database_damaged", unavailable: expect.stringContaining("is damaged") };
    expect(JSON.parse(text)).toMatchObject({ ...damaged, cache: { mode: "off" }, routing: damaged });
    expect(text).not.toContain(world.home);
  });

  test("models are listed and answer, and /health says what is damaged", async () => {
    expect((await get(world.server, "/v1/models")).text).toContain("hearth-demo");
    expect((await get(world.server, "/api/tags")).text).toContain("hearth-demo");
    expect(await chat(world.server)).toMatchObject({ status: 200 });
    expect(JSON.parse((await get(world.server, "/health")).text)).toMatchObject({
      status: "degraded",
      components: expect.arrayContaining([{ name: "database", status: "damaged" }]),
    });
  });
});

test("a hundred answers beside a damaged database log it once for each thing that is lost", async () => {
  await using world = await serveDamaged((path) =>
    writeFileSync(path, Buffer.alloc(2 * pageBytes, "broken ")),
  );
  const { server } = world;
  for (let index = 0; index < 100; index++)
    expect((await chat(server, `Question ${index}`)).status).toBe(200);
  server.kill("SIGTERM");
  await server.exited;
  const lines = server
    .log()
    .split("\n")
    .filter((line) => line.includes("is damaged"));
  expect(lines.map((line) => JSON.parse(line).event).sort()).toEqual([
    "database_damaged",
    "interactions_lost",
    "receipts_unwritten",
  ]);
});

test("damage that shows while the server runs ends writing, and what is whole is still read", async () => {
  await using world = await serveDamaged((path) => breakPages(path, "tbl_name = 'route_receipt'"));
  const { server } = world;
  const before = await post(server, "/v1/collections", { name: "before", embedding_model: "" });
  expect(before.status).toBe(201);
  expect(JSON.parse((await get(server, "/v1/routes")).text).error.code).toBe("database_damaged");
  const after = await post(server, "/v1/collections", { name: "after", embedding_model: "" });
  expect([after.status, JSON.parse(after.text).error.code]).toEqual([500, "database_damaged"]);
  const { text } = await get(server, "/v1/collections");
  expect(text).toContain('"before"');
  expect(text).not.toContain('"after"');
  expect((await chat(server)).status).toBe(200);
});
