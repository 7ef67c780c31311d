import { afterAll, beforeAll, expect, test } from "bun:test";
import { createTemporaryFolder } from "../../testing/index.ts";
import { type CacheWorld, openCacheWorld } from "./cache-fixture.ts";

const folder = createTemporaryFolder();
const question = "How do I boil an egg?";
const reworded = "Please tell me how to cook the egg";
let world: CacheWorld;

beforeAll(async () => {
  world = await openCacheWorld(folder.path, { says: () => "a secret of key-a" });
  await world.ask(question, { tenant: "key-a", tags: ["mine"] });
});
afterAll(async () => {
  await world.coordinator.close();
  await world.database.close();
  folder[Symbol.dispose]();
});

test("another key never gets an answer of this one, by the same question or by its meaning", async () => {
  expect(await world.ask(question, { tenant: "key-a", id: "a-1" })).toMatchObject({ isGenerated: false });
  expect(await world.ask(question, { tenant: "key-b" })).toMatchObject({ isGenerated: true });
  expect(await world.ask(reworded, { tenant: "key-c" })).toMatchObject({ isGenerated: true });
});

test("a key that is named so that it looks like another's fingerprint is still another", async () => {
  for (const tenant of ["", 'key-a","x":"', "KEY-A", "key-a "])
    expect((await world.ask(question, { tenant })).isGenerated).toBe(true);
});

test("another key cannot say that an answer of this one was wrong", async () => {
  const { cache, id } = await world.ask(question, { tenant: "key-a" });
  for (const about of [{ requestId: id }, { entry: cache.entry ?? "" }])
    await expect(world.cache.feedback({ tenant: "key-b", about, isRight: false })).rejects.toMatchObject({
      code: "not_found",
    });
  expect((await world.ask(question, { tenant: "key-a" })).isGenerated).toBe(false);
});

test("what another key says to be right does not lower what is asked for of this one", async () => {
  const served = await world.ask(reworded, { tenant: "key-a" });
  expect(served.cache.outcome).toBe("semantic");
  const { space } = await world.database.kysely
    .selectFrom("cache_match")
    .select("space")
    .where("request_id", "=", served.id)
    .executeTakeFirstOrThrow();
  const lie = { request_id: "r", entry: "e", tenant: "key-b", space, similarity: 0.85, served: 0, label: 1 };
  const rows = Array.from({ length: 400 }, (_, at_ms) => ({ ...lie, source: "feedback", at_ms }));
  await world.database.kysely.insertInto("cache_match").values(rows).execute();
  world.time.nowMs += 120_000;
  const { spaces } = await world.cache.stats();
  const thresholdOf = (tenant: string) =>
    spaces.find((each) => each.tenant === tenant && each.space === space)?.threshold;
  expect(thresholdOf("key-a")?.value).toBe(0.95);
  expect(thresholdOf("key-b")?.value).toBeLessThan(0.95);
});

test("the figures of one key tell nothing of another's", async () => {
  expect(await world.cache.stats("nobody")).toMatchObject({
    entries: 0,
    bytes: 0,
    hits: 0,
    counts: {},
    spaces: [],
  });
});
