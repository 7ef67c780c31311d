import { expect, test } from "bun:test";
import { sql } from "kysely";
import { AppError } from "../../base/index.ts";
import { type Database, openHomeDatabase } from "../../store/index.ts";
import { createFakeClock, waitUntil } from "../../testing/index.ts";
import type { AttachFile } from "../files/attach-file.ts";
import { openKnowledge, signal } from "../knowledge-fixture.ts";
import { maxEndedBatches, maxOpenBatches } from "./batch-places.ts";
import { maxBatchAttributesCharacters, maxBatchFiles } from "./check-batch.ts";
import { createFileBatches, type FileBatches } from "./file-batches.ts";

type Door = { readonly entered: Promise<void>; readonly open: () => void };

/** Batches over real knowledge with a collection `notes`; what is attached is seen and can be held up. */
async function openBatches() {
  const fixture = await openKnowledge();
  const { knowledge } = fixture;
  await knowledge.collections.create({ name: "notes" });
  const clock = createFakeClock();
  const taken: string[] = [];
  const warnings: string[] = [];
  const opened: { batches: FileBatches; database?: Database }[] = [];
  const before = new Map<string, (signal: AbortSignal) => Promise<void>>();
  const attach: AttachFile = async (file, given) => {
    taken.push(file.fileId);
    await before.get(file.fileId)?.(given);
    return await knowledge.attachFile(file, given);
  };
  function create(changes: Partial<Parameters<typeof createFileBatches>[0]> = {}): FileBatches {
    const batches = createFileBatches({
      ...{ attach, clock, files: knowledge.files, processId: 1, isAlive: () => true },
      ...{ database: async () => fixture.database, now: () => fixture.nowMs },
      logger: { warn: (event) => void warnings.push(event) },
      ...changes,
    });
    opened.push({ batches });
    return batches;
  }
  return {
    ...{ fixture, knowledge, clock, taken, warnings, create },
    batches: create(),
    async add(content: string | Uint8Array = "# Owners\n\nOrchid belongs to Dana.\n", tenant = "a") {
      const file = { filename: "a.md", purpose: "assistants", content: Buffer.from(content) };
      return (await knowledge.files.add(tenant, file)).id;
    },
    onAttach: (fileId: string, act: (given: AbortSignal) => Promise<void>) => void before.set(fileId, act),
    /** Holds a file up until the door is opened, or the file is given up. */
    holdUp(fileId: string): Door {
      const entered = Promise.withResolvers<void>();
      const opened = Promise.withResolvers<void>();
      before.set(fileId, async (given) => {
        given.addEventListener("abort", () => opened.reject(given.reason), { once: true });
        entered.resolve();
        await opened.promise;
      });
      return { entered: entered.promise, open: () => opened.resolve() };
    },
    async [Symbol.asyncDispose]() {
      for (const { batches } of opened) await batches.stop(AbortSignal.abort());
      await fixture[Symbol.asyncDispose]();
    },
  };
}

function ask(files: readonly string[], tenant = "a") {
  return {
    ...{ tenant, collection: "notes" },
    files: files.map((fileId) => ({ fileId, attributes: {} })),
  };
}

function keyOf({ id }: { readonly id: string }, tenant = "a") {
  return { tenant, collection: "notes", id };
}

async function untilEnded(batches: FileBatches, batch: { readonly id: string }) {
  const key = keyOf(batch);
  await waitUntil("the batch ends", async () => (await batches.get(key)).status !== "in_progress");
  return { ...(await batches.get(key)), files: await batches.listFiles(key, { limit: 100 }) };
}

type All = Awaited<ReturnType<typeof openBatches>>;

async function countsOf({ batches }: All) {
  return (await batches.countUnfinished()).get("notes");
}

async function listUnfinished({ batches }: All, page: Partial<Parameters<FileBatches["listUnfinished"]>[0]>) {
  return await batches.listUnfinished({ tenant: "a", collection: "notes", limit: 100, ...page });
}

async function idsOf(files: ReturnType<typeof listUnfinished>) {
  return (await files).map(({ fileId }) => fileId);
}

test("files are taken in their order, and one that cannot be read fails alone, with the reason", async () => {
  await using all = await openBatches();
  const binary = Uint8Array.from([0, 1, 2, 0, 255]);
  const files = [
    await all.add(),
    await all.add(binary),
    await all.add(""),
    await all.add("# Ports\n\n8125\n"),
  ];
  const made = await all.batches.create(ask(files));
  expect(made).toMatchObject({ status: "in_progress", counts: { in_progress: 4, completed: 0 } });
  const ended = await untilEnded(all.batches, made);
  expect(all.taken).toEqual(files);
  expect(ended.counts).toEqual({ in_progress: 0, completed: 2, failed: 2, cancelled: 0 });
  expect(ended.status).toBe("completed");
  expect(ended.files.map(({ error }) => error?.code)).toEqual([
    undefined,
    "unsupported_file",
    "invalid_file",
    undefined,
  ]);
  expect(ended.files[1]?.error?.message).toContain("a.md cannot be searched");
  const query = { collections: ["notes"], text: "8125", maxResults: 3, tenant: "a" };
  expect((await all.knowledge.search(query, signal)).hits).toHaveLength(1);
});

test("a batch of which nothing could be taken has failed", async () => {
  await using all = await openBatches();
  const made = await all.batches.create(ask([await all.add("")]));
  expect((await untilEnded(all.batches, made)).status).toBe("failed");
});

test("batches follow one another, the oldest first", async () => {
  await using all = await openBatches();
  const [one, two, three] = [await all.add(), await all.add("two"), await all.add("three")];
  const door = all.holdUp(one);
  await all.batches.create(ask([one, two]));
  await door.entered;
  const last = await all.batches.create(ask([three]));
  door.open();
  await untilEnded(all.batches, last);
  expect(all.taken).toEqual([one, two, three]);
});

test("a cancelled batch gives up the file at hand, keeps what is done and lets the next batch begin", async () => {
  await using all = await openBatches();
  const [one, two, three] = [await all.add(), await all.add("two"), await all.add("three")];
  const door = all.holdUp(two);
  const made = await all.batches.create(ask([one, two, three]));
  await door.entered;
  const cancelled = await all.batches.cancel(keyOf(made));
  expect(cancelled).toMatchObject({
    status: "cancelled",
    counts: { in_progress: 0, completed: 1, failed: 0, cancelled: 2 },
  });
  await untilEnded(all.batches, await all.batches.create(ask([three])));
  expect(all.taken).toEqual([one, two, three]);
  expect((await all.batches.get(keyOf(made))).counts.cancelled).toBe(2);
  expect((await all.knowledge.collections.get("notes")).documents).toBe(2);
});

test("a batch that has ended is told as it is when it is cancelled", async () => {
  await using all = await openBatches();
  const made = await all.batches.create(ask([await all.add()]));
  await untilEnded(all.batches, made);
  expect(await all.batches.cancel(keyOf(made))).toMatchObject({
    status: "completed",
    counts: { completed: 1 },
  });
});

test("what a stop left is gone on with after the database is opened again, and nothing is done twice", async () => {
  await using all = await openBatches();
  const [one, two, three] = [await all.add(), await all.add("two"), await all.add("three")];
  const door = all.holdUp(two);
  const made = await all.batches.create(ask([one, two, three]));
  await door.entered;
  await all.batches.stop(AbortSignal.abort());
  expect((await all.batches.get(keyOf(made))).counts).toMatchObject({
    in_progress: 2,
    completed: 1,
    failed: 0,
  });
  const database = await openHomeDatabase(all.fixture.home);
  all.onAttach(two, async () => undefined);
  const later = all.create({ database: async () => database, processId: 2, isAlive: () => false });
  later.resume();
  await waitUntil("the rest is taken", () => all.taken.length === 4);
  expect((await untilEnded(later, made)).counts).toMatchObject({ completed: 3, failed: 0 });
  expect(all.taken).toEqual([one, two, two, three]);
  await later.stop(AbortSignal.abort());
  await database.close();
});

test("a stop lets the file at hand end and begins no other", async () => {
  await using all = await openBatches();
  const [one, two] = [await all.add(), await all.add("two")];
  const door = all.holdUp(one);
  const made = await all.batches.create(ask([one, two]));
  await door.entered;
  const stopped = all.batches.stop(new AbortController().signal);
  door.open();
  await stopped;
  expect((await all.batches.get(keyOf(made))).counts).toMatchObject({ in_progress: 1, completed: 1 });
  expect(all.taken).toEqual([one]);
});

test("a batch that another process works on is left to it, until it has been silent for long", async () => {
  await using all = await openBatches();
  const [one, two] = [await all.add(), await all.add("two")];
  const doors = [all.holdUp(one), all.holdUp(two)];
  const made = await all.batches.create(ask([one]));
  await doors[0]?.entered;
  const other = all.create({ processId: 2 });
  const own = await other.create(ask([two]));
  await doors[1]?.entered;
  doors[1]?.open();
  await untilEnded(other, own);
  expect(all.taken).toEqual([one, two]);
  all.onAttach(one, async () => undefined);
  all.fixture.nowMs += 3_600_000;
  await untilEnded(other, made);
  expect(all.taken).toEqual([one, two, one]);
});

test("a batch is there for the key that made it alone, and so are the files it may name", async () => {
  await using all = await openBatches();
  const file = await all.add();
  const made = await all.batches.create(ask([file]));
  const foreign = keyOf(made, "b");
  const elsewhere = { ...keyOf(made), collection: "codebase-context" };
  const asked = [
    () => all.batches.get(foreign),
    () => all.batches.cancel(foreign),
    () => all.batches.listFiles(foreign, { limit: 1 }),
    () => all.batches.get(elsewhere),
  ];
  for (const each of asked) await expect(each()).rejects.toThrow(`There is no batch "${made.id}"`);
  await expect(all.batches.create(ask([file], "b"))).rejects.toThrow(`There is no file "${file}"`);
  await untilEnded(all.batches, made);
});

test("a file that was removed meanwhile fails, and the others are taken", async () => {
  await using all = await openBatches();
  const [one, two, three] = [await all.add(), await all.add("two"), await all.add("three")];
  const door = all.holdUp(one);
  const made = await all.batches.create(ask([one, two, three]));
  await door.entered;
  await all.knowledge.files.remove("a", two);
  door.open();
  const { counts, files } = await untilEnded(all.batches, made);
  expect(counts).toMatchObject({ completed: 2, failed: 1 });
  expect(files[1]?.error).toEqual({
    code: "invalid_file",
    message: expect.stringContaining("There is no file"),
  });
});

test("what is left of a batch fails once its collection is gone, also where a new one has its name", async () => {
  await using all = await openBatches();
  const [one, two, three] = [await all.add(), await all.add("two"), await all.add("three")];
  const door = all.holdUp(two);
  const made = await all.batches.create(ask([one, two, three]));
  await door.entered;
  await all.knowledge.collections.remove("notes");
  door.open();
  const ended = await untilEnded(all.batches, made);
  expect(ended.counts).toMatchObject({ completed: 1, failed: 2 });
  expect(ended.files[2]?.error?.message).toContain("notes was removed");
  expect(ended.files[1]?.error).toEqual(ended.files[2]?.error);

  await all.knowledge.collections.create({ name: "notes" });
  const again = all.holdUp(one);
  const second = await all.batches.create(ask([one, three]));
  await again.entered;
  await all.knowledge.collections.remove("notes");
  await all.knowledge.collections.create({ name: "notes" });
  again.open();
  expect((await untilEnded(all.batches, second)).files[1]?.error?.message).toContain("notes was removed");
});

test("on a full disk files fail with its message and the next ones are tried", async () => {
  await using all = await openBatches();
  const [one, two] = [await all.add(), await all.add("two")];
  all.onAttach(one, () => Promise.reject(new AppError("disk_full", "the disk is full; free some space")));
  const { files, counts } = await untilEnded(all.batches, await all.batches.create(ask([one, two])));
  expect(files[0]?.error).toEqual({ code: "server_error", message: "the disk is full; free some space" });
  expect(counts).toMatchObject({ completed: 1, failed: 1 });
});

test("where not even the outcome can be stored the work rests, and goes on without reading the file again", async () => {
  await using all = await openBatches();
  const [one, two] = [await all.add(), await all.add("two")];
  const { kysely } = all.fixture.database;
  const door = all.holdUp(one);
  const made = await all.batches.create(ask([one, two]));
  await door.entered;
  await sql`create trigger full before update on file_batch_item begin select raise(abort, 'disk full'); end`.execute(
    kysely,
  );
  door.open();
  await waitUntil("the work rests", () => all.warnings.includes("file_batches_paused"));
  await sql`drop trigger full`.execute(kysely);
  expect((await untilEnded(all.batches, made)).counts).toMatchObject({ completed: 2 });
  expect(all.taken).toEqual([one, two]);
});

test("a failure that passes is waited out", async () => {
  await using all = await openBatches();
  const one = await all.add();
  let failures = 0;
  all.onAttach(one, async () => {
    failures += 1;
    if (failures === 1) throw new AppError("queue_full", "too many wait");
  });
  const made = await all.batches.create(ask([one]));
  await waitUntil("it is waited", () => all.clock.pending > 0);
  all.clock.advance(1_000);
  expect((await untilEnded(all.batches, made)).counts).toMatchObject({ completed: 1 });
});

test("files are listed by page and by what became of them", async () => {
  await using all = await openBatches();
  const files = [await all.add(), await all.add(""), await all.add("three"), await all.add("four")];
  const made = await all.batches.create(ask(files));
  await untilEnded(all.batches, made);
  const list = async (page: Partial<Parameters<FileBatches["listFiles"]>[1]>) =>
    (await all.batches.listFiles(keyOf(made), { limit: 2, ...page })).map(({ fileId }) => fileId);
  expect(await list({})).toEqual(files.slice(0, 2));
  expect(await list({ after: String(files[1]) })).toEqual(files.slice(2));
  expect(await list({ status: "completed", after: String(files[0]) })).toEqual(files.slice(2));
  expect(await list({ status: "failed" })).toEqual(files.slice(1, 2));
  await expect(list({ after: "file-none" })).rejects.toThrow('after is "file-none"');
});

test("files that wait count for their collection until they are taken", async () => {
  await using all = await openBatches();
  const [one, two] = [await all.add(), await all.add("two")];
  const door = all.holdUp(two);
  const made = await all.batches.create(ask([one, two]));
  await door.entered;
  expect(await countsOf(all)).toEqual({ in_progress: 1, failed: 0, cancelled: 0 });
  door.open();
  await untilEnded(all.batches, made);
  expect(await countsOf(all)).toBeUndefined();
});

test("a file that failed or was cancelled is told of its collection until it is there", async () => {
  await using all = await openBatches();
  const [good, empty, late] = [await all.add(), await all.add(""), await all.add("three")];
  const door = all.holdUp(late);
  const made = await all.batches.create(ask([good, empty, late]));
  await door.entered;
  await all.batches.cancel(keyOf(made));
  expect(await countsOf(all)).toEqual({ in_progress: 0, failed: 1, cancelled: 1 });
  const [failed, ...others] = await listUnfinished(all, { status: "failed" });
  expect(failed).toMatchObject({ fileId: empty, error: { code: "invalid_file" }, createdAtMs: 1_000_000 });
  expect(others).toEqual([]);
  all.onAttach(late, async () => undefined);
  await all.knowledge.attachFile({ tenant: "a", collection: "notes", fileId: late, attributes: {} }, signal);
  expect(await countsOf(all)).toEqual({ in_progress: 0, failed: 1, cancelled: 0 });
});

test("of a file that was given several times the last time counts, and one that waits waits", async () => {
  await using all = await openBatches();
  const [one, two] = [await all.add(), await all.add("")];
  all.onAttach(one, () => Promise.reject(new AppError("disk_full", "the disk is full")));
  await untilEnded(all.batches, await all.batches.create(ask([one, two])));
  await untilEnded(all.batches, await all.batches.create(ask([two])));
  expect(await countsOf(all)).toMatchObject({ failed: 2 });
  const door = all.holdUp(one);
  const again = await all.batches.create(ask([one]));
  await door.entered;
  expect(await countsOf(all)).toEqual({ in_progress: 1, failed: 1, cancelled: 0 });
  expect((await listUnfinished(all, { fileId: one })).map(({ status }) => status)).toEqual(["in_progress"]);
  door.open();
  await untilEnded(all.batches, again);
  const [document] = await all.knowledge.documents.list("notes", { limit: 1 });
  await all.knowledge.documents.remove("notes", [document?.id ?? ""]);
  expect(await countsOf(all)).toEqual({ in_progress: 0, failed: 1, cancelled: 0 });
});

test("a file that waits in one batch waits, though a later one that named it too was cancelled", async () => {
  await using all = await openBatches();
  const one = await all.add();
  const door = all.holdUp(one);
  const first = await all.batches.create(ask([one]));
  await door.entered;
  await all.batches.cancel(keyOf(await all.batches.create(ask([one]))));
  expect(await countsOf(all)).toEqual({ in_progress: 1, failed: 0, cancelled: 0 });
  expect(await idsOf(listUnfinished(all, { status: "cancelled" }))).toEqual([]);
  door.open();
  await untilEnded(all.batches, first);
  expect(await countsOf(all)).toBeUndefined();
});

test("files that a collection has not taken are listed by page for the key whose they are", async () => {
  await using all = await openBatches();
  const files = [await all.add(""), await all.add(""), await all.add("")];
  await untilEnded(all.batches, await all.batches.create(ask(files.slice(0, 2))));
  await untilEnded(all.batches, await all.batches.create(ask(files.slice(2))));
  expect(await idsOf(listUnfinished(all, { limit: 2 }))).toEqual(files.slice(0, 2));
  expect(await idsOf(listUnfinished(all, { after: String(files[1]) }))).toEqual(files.slice(2));
  expect(await idsOf(listUnfinished(all, { tenant: "b" }))).toEqual([]);
  await expect(listUnfinished(all, { after: "file-none" })).rejects.toThrow('after is "file-none"');
});

test("a failed file is listed behind any number of those that were taken later", async () => {
  await using all = await openBatches();
  const { kysely } = all.fixture.database;
  const last = await all.add("");
  const empty = await all.batches.create(ask([last]));
  await untilEnded(all.batches, empty);
  const { collection_id } = await kysely
    .selectFrom("file_batch")
    .select("collection_id")
    .executeTakeFirstOrThrow();
  const put = async (number: number, status: string) => {
    const row = { id: `${status}-${number}`, tenant: "a", collection: "notes", collection_id, status };
    const batch = { ...row, number, owner: null, touched_at_ms: 0, created_at_ms: 0 };
    await kysely.insertInto("file_batch").values(batch).execute();
    await sql`insert into file_batch_item (batch_number, position, file_id, attributes, status)
      with recursive counted(value) as (select 0 union all select value + 1 from counted limit ${maxBatchFiles})
      select ${number}, value, 'file-' || value, '{}', ${status} from counted`.execute(kysely);
  };
  await put(-2, "failed");
  await put(-1, "completed");
  expect(await idsOf(listUnfinished(all, { limit: 2 }))).toEqual([last]);
});

test("a collection that is made anew under a name does not have the files that the earlier one lacked", async () => {
  await using all = await openBatches();
  await untilEnded(all.batches, await all.batches.create(ask([await all.add("")])));
  await all.knowledge.collections.remove("notes");
  await all.knowledge.collections.create({ name: "notes" });
  expect(await countsOf(all)).toBeUndefined();
  expect(await idsOf(listUnfinished(all, {}))).toEqual([]);
});

test("a file that is named twice is taken once, unless it is named in two ways", async () => {
  await using all = await openBatches();
  const one = await all.add();
  const made = await all.batches.create(ask([one, one]));
  expect((await untilEnded(all.batches, made)).counts).toMatchObject({ completed: 1 });
  const files = [
    { fileId: one, attributes: {} },
    { fileId: one, attributes: { team: "mail" } },
  ];
  await expect(all.batches.create({ ...ask([]), files })).rejects.toThrow("is given twice");
});

test("a batch of too many files or too long attributes is refused, and so is one for a collection that is not there", async () => {
  await using all = await openBatches();
  const ids = Array.from({ length: maxBatchFiles + 1 }, (_, index) => `file-${index}`);
  await expect(all.batches.create(ask(ids))).rejects.toThrow(`${maxBatchFiles} is the most`);
  const attributes = { text: "x".repeat(60_000) };
  const long = ids
    .slice(0, maxBatchAttributesCharacters / 60_000 + 1)
    .map((fileId) => ({ fileId, attributes }));
  await expect(all.batches.create({ ...ask([]), files: long })).rejects.toThrow("make several batches");
  const nowhere = { ...ask([await all.add()]), collection: "nowhere" };
  await expect(all.batches.create(nowhere)).rejects.toThrow('there is no collection "nowhere"');
});

async function addRows(database: Database, status: string, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => ({
    ...{ id: `vsfb_${status}${index}`, tenant: "a", collection: "notes", collection_id: 1, status },
    ...{ owner: 2, touched_at_ms: 1_000_000, created_at_ms: 1 },
  }));
  await database.kysely.insertInto("file_batch").values(rows).execute();
}

test("where as many batches wait as may, one more is refused", async () => {
  await using all = await openBatches();
  await addRows(all.fixture.database, "in_progress", maxOpenBatches);
  const refused = await all.batches.create(ask([await all.add()])).catch((error: AppError) => error.code);
  expect(refused).toBe("queue_full");
});

test("of batches that have ended the oldest is forgotten with its files", async () => {
  await using all = await openBatches();
  const first = await all.batches.create(ask([await all.add()]));
  await untilEnded(all.batches, first);
  await addRows(all.fixture.database, "completed", maxEndedBatches);
  await untilEnded(all.batches, await all.batches.create(ask([await all.add("two")])));
  await expect(all.batches.get(keyOf(first))).rejects.toThrow("There is no batch");
  const items = await all.fixture.database.kysely.selectFrom("file_batch_item").selectAll().execute();
  expect(items).toHaveLength(1);
});
