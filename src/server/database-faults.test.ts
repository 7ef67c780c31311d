import { SQLiteError, Database as Sqlite } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { type AppError, toAppError } from "../base/index.ts";
import { databasePath } from "../config/index.ts";
import { openHomeDatabase } from "../store/index.ts";
import { toDatabaseError } from "../store/sqlite-errors.ts";
import { createFakeEngine, createServerRecords, createTemporaryFolder } from "../testing/index.ts";
import { createServerApp } from "./app.ts";

async function openBroken(home: string): Promise<AppError> {
  return toAppError(await openHomeDatabase(home).catch((error: unknown) => error));
}

async function makeNewer(home: string): Promise<AppError> {
  await (await openHomeDatabase(home)).close();
  const sqlite = new Sqlite(databasePath(home));
  sqlite.run("insert into kysely_migration (name, timestamp) values ('9999-next', '2030-01-01T00:00:00Z')");
  sqlite.close();
  return await openBroken(home);
}

async function makeUnopenable(home: string): Promise<AppError> {
  mkdirSync(databasePath(home), { recursive: true });
  return await openBroken(home);
}

/** What a writer is told at once; the store would wait ten seconds first. */
function makeBusy(home: string): AppError {
  const path = databasePath(home);
  mkdirSync(dirname(path), { recursive: true });
  const [holder, other] = [new Sqlite(path), new Sqlite(path)];
  holder.run("begin exclusive");
  try {
    other.run("begin exclusive");
  } catch (error) {
    expect(error).toBeInstanceOf(SQLiteError);
    return toAppError(toDatabaseError(path, error));
  } finally {
    for (const sqlite of [holder, other]) sqlite.close();
  }
  throw new Error("two writers had the database at once");
}

/** A server on which everything fails of the same. */
async function tellAll(error: AppError) {
  const engine = createFakeEngine({ script: () => [{ fail: error }] });
  const fail = () => Promise.reject(error);
  const app = createServerApp(
    createServerRecords({ engine, plugins: fail, judges: fail, knowledge: fail }).deps,
  );
  const messages = [{ role: "user", content: "hi" }];
  const body = JSON.stringify({ model: "fake-model", messages, stream: false });
  const init = { method: "POST", headers: { "content-type": "application/json" }, body };
  const replies = [
    await app.request("/v1/judge/runs"),
    await app.request("/v1/collections"),
    await app.request("/api/plugins"),
    await app.request("/api/chat", init),
  ];
  return await Promise.all(
    replies.map(async (reply) => ({ status: reply.status, text: await reply.text() })),
  );
}

describe("what is wrong with the database is told in every protocol, with what to do and without its folder", () => {
  test.each([
    [
      "a newer hearth's",
      makeNewer,
      409,
      "was written by a newer hearth (it has 9999-next); use that version",
    ],
    ["a busy one", makeBusy, 409, "another process keeps the database hearth.db busy"],
    ["one that cannot be opened", makeUnopenable, 403, "check its owner and mode, or set HEARTH_HOME"],
  ] as const)("%s", async (_, make, status, advice) => {
    using home = createTemporaryFolder();
    const told = await tellAll(await make(home.path));
    expect(told).toEqual(told.map(() => ({ status, text: expect.stringContaining(advice) })));
    for (const { text } of told) {
      expect(text).toContain("hearth doctor");
      expect(text).not.toContain(home.path);
    }
  });
});
