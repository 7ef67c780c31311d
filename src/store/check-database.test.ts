import { Database as Sqlite } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { databasePath } from "../config/index.ts";
import { createTemporaryFolder } from "../testing/index.ts";
import { checkDatabase } from "./check-database.ts";
import { openHomeDatabase } from "./home-database.ts";

async function createHome() {
  const folder = createTemporaryFolder();
  await (await openHomeDatabase(folder.path)).close();
  return folder;
}

test("a sound database passes, also while it is open elsewhere, and so does a home without one", async () => {
  using folder = await createHome();
  checkDatabase(folder.path);
  const database = await openHomeDatabase(folder.path);
  checkDatabase(folder.path);
  await database.close();
  checkDatabase(folder.file("nowhere"));
});

test("a page that nothing has asked for yet is found, and the file is left as it is", async () => {
  using folder = await createHome();
  const path = databasePath(folder.path);
  const sqlite = new Sqlite(path, { readonly: true });
  const root = sqlite.prepare<{ readonly rootpage: number }, []>(
    "select rootpage from sqlite_schema where name = 'route_receipt'",
  );
  const page = root.get()?.rootpage ?? 0;
  sqlite.close();
  const bytes = readFileSync(path).fill(0xa5, (page - 1) * 4096, page * 4096);
  writeFileSync(path, bytes);
  expect(() => checkDatabase(folder.path)).toThrow(
    expect.objectContaining({ code: "database_damaged", message: expect.stringContaining(`page ${page}`) }),
  );
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test("a file that is no database is damaged", async () => {
  using folder = await createHome();
  writeFileSync(databasePath(folder.path), "what a broken disk left".repeat(1000));
  expect(() => checkDatabase(folder.path)).toThrow(expect.objectContaining({ code: "database_damaged" }));
});
