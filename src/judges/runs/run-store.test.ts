import { afterEach, expect, test } from "bun:test";
import { type Database, openHomeDatabase } from "../../store/index.ts";
import { createTemporaryFolder } from "../../testing/index.ts";
import { createRunStore, maxRuns, type RunStore } from "./run-store.ts";

const folders: ReturnType<typeof createTemporaryFolder>[] = [];
const databases: Database[] = [];
const spec = { suite: "smoke" };
const newRun = { kind: "suite", name: "smoke", model: "hearth-demo", spec } as const;

afterEach(async () => {
  for (const database of databases.splice(0)) await database.close();
  for (const folder of folders.splice(0)) folder[Symbol.dispose]();
});

type Setup = {
  readonly alive?: ReadonlySet<number>;
  readonly processId?: number;
  readonly home?: string;
  readonly maxBytes?: number;
};

async function openStore({ alive = new Set([1]), processId = 1, home, maxBytes }: Setup = {}) {
  const folder = createTemporaryFolder();
  folders.push(folder);
  const database = await openHomeDatabase(home ?? folder.path);
  databases.push(database);
  let nowMs = 1_000;
  const store: RunStore = createRunStore({
    database: async () => database,
    now: () => nowMs++,
    processId,
    isAlive: (id) => alive.has(id),
    ...(maxBytes !== undefined && { maxBytes }),
  });
  return { store, home: home ?? folder.path };
}

test("a run holds what was asked, what was done and what came of it", async () => {
  const { store } = await openStore();
  const { id, status } = await store.create(newRun);
  expect(status).toBe("running");
  await store.addPart(id, { key: "b", position: 1, result: { score: 0.5 } });
  await store.addPart(id, { key: "a", position: 0, result: { score: 1 } });
  await store.end(id, { status: "completed", result: { passed: 2 } });
  const run = await store.get(id);
  expect(run).toMatchObject({ ...newRun, status: "completed", result: { passed: 2 } });
  expect(run.parts.map(({ key }) => key)).toEqual(["a", "b"]);
});

test("a failed run is claimed once and goes on with the parts that were done", async () => {
  const { store, home } = await openStore();
  const { id } = await store.create(newRun);
  await store.addPart(id, { key: "a", position: 0, result: 1 });
  await store.end(id, { status: "failed", error: { code: "host_died", message: "it died" } });
  const second = (await openStore({ home, processId: 1 })).store;
  const claims = await Promise.allSettled([store.claim(id), second.claim(id)]);
  expect(claims.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const run = await store.get(id);
  expect(run).toMatchObject({ status: "running", parts: [{ key: "a", result: 1 }] });
  expect(run.error).toBeUndefined();
});

test("a run whose process has died counts as failed and can be resumed", async () => {
  const { store, home } = await openStore({ processId: 7, alive: new Set([7]) });
  const { id } = await store.create(newRun);
  await expect(store.claim(id)).rejects.toMatchObject({ code: "conflict" });
  const later = (await openStore({ home, processId: 8, alive: new Set([8]) })).store;
  expect(await later.list()).toMatchObject([{ id, status: "failed", error: { code: "host_died" } }]);
  expect((await later.claim(id)).status).toBe("running");
});

test("a run of a process of the same number that came later is no live run", async () => {
  const { store, home } = await openStore({ processId: 7 });
  const { id } = await store.create(newRun);
  const later = (await openStore({ home, processId: 8, alive: new Set([8]) })).store;
  expect((await later.get(id)).status).toBe("failed");
});

test("a complete run is not resumed", async () => {
  const { store } = await openStore();
  const { id } = await store.create(newRun);
  await store.end(id, { status: "completed", result: {} });
  await expect(store.claim(id)).rejects.toMatchObject({ code: "conflict" });
});

test("a run that nobody knows is not found, for reading and for resuming", async () => {
  const { store } = await openStore();
  await expect(store.get("run-1")).rejects.toMatchObject({ code: "not_found" });
  await expect(store.claim("run-1")).rejects.toMatchObject({ code: "not_found" });
});

test("the newest runs come first, of one kind where that is asked for", async () => {
  const { store } = await openStore();
  const first = await store.create(newRun);
  const second = await store.create({ ...newRun, kind: "coordination" });
  expect((await store.list()).map(({ id }) => id)).toEqual([second.id, first.id]);
  expect((await store.list("suite")).map(({ id }) => id)).toEqual([first.id]);
});

test("the oldest runs are forgotten once all together are too large, and never those under way", async () => {
  const { store } = await openStore({ maxBytes: 8_000 });
  const large = { ...newRun, spec: { suite: "x".repeat(3_000) } };
  const running = await store.create(large);
  const first = await store.create(large);
  await store.addPart(first.id, { key: "a", position: 0, result: "y".repeat(3_000) });
  await store.end(first.id, { status: "completed", result: {} });
  const second = await store.create(large);
  await store.end(second.id, { status: "completed", result: {} });
  await store.create(newRun);
  await expect(store.get(first.id)).rejects.toMatchObject({ code: "not_found" });
  expect((await store.list()).map(({ id }) => id)).toContain(second.id);
  expect((await store.get(running.id)).status).toBe("running");
});

test("the oldest runs are forgotten with their parts once there are too many", async () => {
  const { store } = await openStore();
  const { id } = await store.create(newRun);
  await store.addPart(id, { key: "a", position: 0, result: 1 });
  await store.end(id, { status: "completed", result: {} });
  for (let i = 0; i < maxRuns; i++) await store.create(newRun);
  await expect(store.get(id)).rejects.toMatchObject({ code: "not_found" });
  const [database] = databases;
  expect(await database?.kysely.selectFrom("judge_run_part").selectAll().execute()).toEqual([]);
});

test("a tenant finds, lists and resumes its own runs, and who asks for all has them all", async () => {
  const { store } = await openStore();
  const mine = await store.of("key-a").create(newRun);
  const theirs = await store.of("key-b").create(newRun);
  const local = await store.create(newRun);
  await store.end(theirs.id, { status: "failed", error: { code: "host_died", message: "it died" } });
  const own = store.of("key-a");
  expect((await own.list()).map(({ id }) => id)).toEqual([mine.id]);
  await expect(own.get(theirs.id)).rejects.toMatchObject({ code: "not_found" });
  await expect(own.claim(theirs.id)).rejects.toMatchObject({ code: "not_found" });
  expect((await store.of("local").list()).map(({ id }) => id)).toEqual([local.id]);
  expect(await store.list()).toHaveLength(3);
});
