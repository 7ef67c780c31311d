import { Database as Sqlite } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import { createTemporaryFolder } from "../testing/index.ts";
import { type Database, openDatabase } from "./database.ts";
import { migrations } from "./migrations.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { createSqliteDialect } from "./sqlite-dialect.ts";

const pageBytes = 4096;
const opener = join(import.meta.dir, "opener.fixture.ts");

function addUse(database: Database, name: string): Promise<unknown> {
  return database.kysely.insertInto("model_use").values({ name, uses: 1, last_used_at_ms: 5 }).execute();
}

async function listUses(database: Database): Promise<readonly string[]> {
  const rows = await database.kysely.selectFrom("model_use").select("name").orderBy("name").execute();
  return rows.map(({ name }) => name);
}

/** Overwrites the first page of a table, as a failing disk would. */
function breakTable(path: string, name: string): void {
  const sqlite = new Sqlite(path, { readonly: true });
  const root = sqlite.prepare<{ readonly rootpage: number }, [string]>(
    "select rootpage from sqlite_schema where name = ?",
  );
  const page = root.get(name)?.rootpage ?? 0;
  sqlite.close();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, (page - 1) * pageBytes, page * pageBytes));
}

async function readPragma(database: Database, name: string): Promise<unknown> {
  const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(database.kysely);
  return Object.values(rows[0] ?? {})[0];
}

test("what was written is there when the file is opened again", async () => {
  using folder = createTemporaryFolder();
  const first = await openDatabase(folder.file("a", "hearth.db"));
  await addUse(first, "x");
  await first.close();
  const second = await openDatabase(folder.file("a", "hearth.db"));
  expect(await listUses(second)).toEqual(["x"]);
  await second.close();
});

test("the connection writes ahead, syncs each commit and keeps foreign keys", async () => {
  using folder = createTemporaryFolder();
  const database = await openDatabase(folder.file("hearth.db"));
  expect(await readPragma(database, "journal_mode")).toBe("wal");
  expect(await readPragma(database, "synchronous")).toBe(2);
  expect(await readPragma(database, "foreign_keys")).toBe(1);
  expect(await readPragma(database, "journal_size_limit")).toBe(67_108_864);
  const orphan = { name: "x", manifest_id: 1, created_at_ms: 1, modified_at_ms: 1 };
  await expect(database.kysely.insertInto("model").values(orphan).execute()).rejects.toThrow("FOREIGN KEY");
  await database.close();
});

test("the files are for this user alone, also where the database was readable before", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("home", "hearth.db");
  mkdirSync(folder.file("home"), { mode: 0o700 });
  writeFileSync(path, "", { mode: 0o644 });
  const database = await openDatabase(path);
  await addUse(database, "x");
  for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  await database.close();
});

test("statements say what they changed, and give rows where they return some", async () => {
  using folder = createTemporaryFolder();
  const { kysely, close } = await openDatabase(folder.file("hearth.db"));
  const note = { key: "/a", note: "{}" };
  const inserted = await kysely.insertInto("header_note").values(note).executeTakeFirstOrThrow();
  expect(inserted).toMatchObject({ insertId: 1n, numInsertedOrUpdatedRows: 1n });
  const returned = await kysely.updateTable("header_note").set({ note: "7" }).returning("note").execute();
  expect(returned).toEqual([{ note: "7" }]);
  const updated = await kysely.updateTable("header_note").set({ note: "8" }).executeTakeFirstOrThrow();
  expect(updated.numUpdatedRows).toBe(1n);
  const rows: unknown[] = [];
  for await (const row of kysely.selectFrom("header_note").selectAll().stream()) rows.push(row);
  expect(rows).toEqual([{ ...note, note: "8", id: 1 }]);
  const removed = await kysely.deleteFrom("header_note").where("key", "=", "/b").executeTakeFirstOrThrow();
  expect(removed.numDeletedRows).toBe(0n);
  await close();
});

test("a transaction that fails leaves nothing, and the next one works", async () => {
  using folder = createTemporaryFolder();
  const database = await openDatabase(folder.file("hearth.db"));
  const failing = database.kysely.transaction().execute(async (transaction) => {
    await addUse({ ...database, kysely: transaction }, "x");
    throw new Error("stop");
  });
  await expect(failing).rejects.toThrow("stop");
  await database.kysely.transaction().execute(async (transaction) => {
    await addUse({ ...database, kysely: transaction }, "y");
  });
  expect(await listUses(database)).toEqual(["y"]);
  await database.close();
});

test("queries made during a transaction wait for it, and transactions for one another", async () => {
  using folder = createTemporaryFolder();
  const database = await openDatabase(folder.file("hearth.db"));
  const order: string[] = [];
  const slow = database.kysely.transaction().execute(async (transaction) => {
    await addUse({ ...database, kysely: transaction }, "x");
    await Bun.sleep(0);
    order.push("transaction");
  });
  const query = listUses(database).then((names) => order.push(`query sees ${names}`));
  await Promise.all([slow, query]);
  expect(order).toEqual(["transaction", "query sees x"]);
  await database.close();
});

test("two connections that count up in transactions lose no step", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("hearth.db");
  const [first, second] = await Promise.all([openDatabase(path), openDatabase(path)]);
  await addUse(first, "x");
  const countUp = ({ kysely }: Database) =>
    kysely.transaction().execute(async (transaction) => {
      const { uses } = await transaction.selectFrom("model_use").select("uses").executeTakeFirstOrThrow();
      await Bun.sleep(0);
      await transaction
        .updateTable("model_use")
        .set({ uses: uses + 1 })
        .execute();
    });
  const steps = [first, second].map(async (database) => {
    for (let i = 0; i < 25; i++) await countUp(database);
  });
  await Promise.all(steps);
  const [row] = await first.kysely.selectFrom("model_use").select("uses").execute();
  expect(row?.uses).toBe(51);
  for (const database of [first, second]) await database.close();
});

test("processes that open a new database at once all get one and the same", async () => {
  using folder = createTemporaryFolder();
  for (let round = 0; round < 3; round++) {
    const path = folder.file(`hearth-${round}.db`);
    const children = Array.from({ length: 6 }, (_, i) =>
      Bun.spawn([process.execPath, opener, path, `child-${i}`], { stderr: "inherit" }),
    );
    expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0, 0, 0, 0, 0]);
    const database = await openDatabase(path);
    expect(await listUses(database)).toEqual(Array.from({ length: 6 }, (_, i) => `child-${i}`));
    expect((await sql`select * from kysely_migration`.execute(database.kysely)).rows).toHaveLength(
      Object.keys(migrations).length,
    );
    await database.close();
  }
});

test("a process that is killed in the middle of a transaction leaves the database as it was", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("hearth.db");
  const database = await openDatabase(path);
  await addUse(database, "before");
  const child = Bun.spawn([process.execPath, opener, path, "half", "--stay"], { stdout: "pipe" });
  for await (const _ of child.stdout) break;
  child.kill("SIGKILL");
  await child.exited;
  await addUse(database, "after");
  expect(await listUses(database)).toEqual(["after", "before"]);
  await database.close();
});

test("a file that is no database, and one that is cut, are clear errors", async () => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("text.db"), "this is not a database, though it is long enough ".repeat(100));
  await expect(openDatabase(folder.file("text.db"))).rejects.toMatchObject({
    code: "database_damaged",
    message: expect.stringContaining("is damaged (SQLITE_NOTADB)"),
  });
  const whole = await openDatabase(folder.file("cut.db"));
  await whole.close();
  const bytes = readFileSync(folder.file("cut.db"));
  bytes.fill(0x5a, 200);
  writeFileSync(folder.file("cut.db"), bytes);
  await expect(openDatabase(folder.file("cut.db"))).rejects.toMatchObject({
    code: "database_damaged",
    message: expect.stringContaining("is damaged (SQLITE_CORRUPT"),
  });
});

test("once damage shows in one table, the others are still read and nothing is written any more", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("hearth.db");
  const before = await openDatabase(path);
  await addUse(before, "x");
  await before.close();
  breakTable(path, "header_note");
  const database = await openDatabase(path);
  await addUse(database, "y");
  const { kysely } = database;
  const reading = kysely.selectFrom("header_note").selectAll().execute();
  await expect(reading).rejects.toMatchObject({ code: "database_damaged" });
  await expect(addUse(database, "z")).rejects.toMatchObject({ code: "database_damaged" });
  const writing = kysely.transaction().execute((queries) => addUse({ ...database, kysely: queries }, "z"));
  await expect(writing).rejects.toMatchObject({ code: "database_damaged" });
  expect(await listUses(database)).toEqual(["x", "y"]);
  await database.close();
});

test("a damaged index of words leaves the other tables writable", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("hearth.db");
  const before = await openDatabase(path);
  await sql`insert into chunk_words (rowid, text, parts, source) values (1, 'kettle', '', '')`.execute(
    before.kysely,
  );
  await before.close();
  const bytes = readFileSync(path);
  const at = bytes.indexOf("kettl");
  writeFileSync(path, bytes.fill(0xff, at - 6, at - 2));
  const database = await openDatabase(path);
  const search = sql`select rowid from chunk_words where chunk_words match 'kettle'`.execute(database.kysely);
  await expect(search).rejects.toMatchObject({ code: "database_damaged" });
  await addUse(database, "x");
  expect(await listUses(database)).toEqual(["x"]);
  await database.close();
});

test("a database of a newer version is refused by name and left alone", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("hearth.db");
  await (await openDatabase(path)).close();
  const newer = new Sqlite(path);
  newer.run("insert into kysely_migration (name, timestamp) values ('9999-next', '2030-01-01T00:00:00Z')");
  newer.close();
  await expect(openDatabase(path)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("newer hearth (it has 9999-next)"),
  });
});

test("a path that cannot be written is forbidden", async () => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("file"), "");
  await expect(openDatabase(folder.file("file", "hearth.db"))).rejects.toMatchObject({ code: "forbidden" });
  mkdirSync(folder.file("folder.db"));
  await expect(openDatabase(folder.file("folder.db"))).rejects.toMatchObject({ code: "forbidden" });
});

test("what agents spent is kept apart by key in a database that was made without", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("hearth.db");
  const earlier = new Kysely({ dialect: createSqliteDialect(await SqliteConnection.open(path)) });
  const provider = { getMigrations: async () => ({ ...migrations }) };
  expect((await new Migrator({ db: earlier, provider }).migrateTo("0008-files")).error).toBeUndefined();
  await sql`insert into coordination_spend (agent, tokens, usd, at_ms) values ('critic', 7, 0.5, 1)`.execute(
    earlier,
  );
  await earlier.destroy();
  const { kysely, close } = await openDatabase(path);
  const spent = { tenant: "key-1", agent: "critic", tokens: 1, usd: 0, at_ms: 2 };
  await kysely.insertInto("coordination_spend").values(spent).execute();
  const rows = await kysely.selectFrom("coordination_spend").select(["tenant", "tokens"]).execute();
  expect(rows).toEqual([
    { tenant: "local", tokens: 7 },
    { tenant: "key-1", tokens: 1 },
  ]);
  await close();
});

test("vectors from before there were signs go, and their collections are searched by words until they are embedded anew", async () => {
  using folder = createTemporaryFolder();
  const path = folder.file("hearth.db");
  const earlier = new Kysely({ dialect: createSqliteDialect(await SqliteConnection.open(path)) });
  const provider = { getMigrations: async () => ({ ...migrations }) };
  expect((await new Migrator({ db: earlier, provider }).migrateTo("0008-files")).error).toBeUndefined();
  const { rows } = await sql<{ readonly id: number }>`select id from collection limit 1`.execute(earlier);
  const collection = rows[0]?.id;
  await sql`insert into vector_set (id, collection_id, model, model_mark, vectors, state)
    values (7, ${collection}, 'tiny', 'bert', 1, 'live')`.execute(earlier);
  await sql`update collection set vector_set_id = 7 where id = ${collection}`.execute(earlier);
  await sql`insert into chunk_vector (id, vector) values (1, x'00')`.execute(earlier);
  await earlier.destroy();
  const { kysely, close } = await openDatabase(path);
  expect(await kysely.selectFrom("chunk_signs").select("id").execute()).toEqual([]);
  expect(await kysely.selectFrom("chunk_vector").select("id").execute()).toEqual([]);
  expect(await kysely.selectFrom("vector_set").select("id").execute()).toEqual([]);
  expect(await kysely.selectFrom("collection").select("vector_set_id").execute()).toContainEqual({
    vector_set_id: null,
  });
  await close();
});
