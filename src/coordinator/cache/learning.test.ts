import { afterEach, describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { createTemporaryFolder } from "../../testing/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { type CacheWorldOptions, embedFake, openCacheWorld } from "./cache-fixture.ts";
import { findMatch, labelMatch } from "./match-store.ts";

const folders: ReturnType<typeof createTemporaryFolder>[] = [];
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  for (const folder of folders.splice(0)) folder[Symbol.dispose]();
});

async function open(options: CacheWorldOptions = {}) {
  const folder = createTemporaryFolder();
  folders.push(folder);
  const world = await openCacheWorld(folder.path, options);
  closing.push(() => world.coordinator.close().then(() => world.database.close()));
  return world;
}

const boil = "How do I boil an egg?";
const reworded = "Please tell me how to cook the egg";
const tenant = "test";

async function readMatches({ database }: Awaited<ReturnType<typeof open>>) {
  return await database.kysely
    .selectFrom("cache_match")
    .select(["served", "label", "source", "space"])
    .execute();
}

describe("the shadow", () => {
  test("looks up and serves nothing, and counts an answer that would have been right", async () => {
    const world = await open({ says: () => "Ten minutes in boiling water." });
    await world.ask(boil, { caching: "shadow" });
    const second = await world.ask(reworded, { caching: "shadow" });
    expect(second).toMatchObject({
      isGenerated: true,
      cache: { outcome: "shadow", similarity: expect.any(Number) },
    });
    expect(await readMatches(world)).toMatchObject([{ served: 0, label: 1, source: "shadow" }]);
    const { spaces, counts } = await world.cache.stats();
    expect(counts).toMatchObject({ shadow: 1, miss: 1, stored: 2 });
    expect(spaces).toMatchObject([{ tenant, wrong: { wrong: 0, checked: 1 } }]);
  });

  test("counts an answer that would have been wrong, and raises what is asked for", async () => {
    const world = await open({
      says: (question) => (question === boil ? "Ten minutes." : "Two hours in the oven."),
    });
    await world.ask(boil, { caching: "shadow" });
    await world.ask(reworded, { caching: "shadow" });
    const { spaces } = await world.cache.stats();
    expect(spaces).toMatchObject([{ threshold: { basis: "closed" } }]);
    const after = await world.ask("How do you cook eggs?");
    expect(after.isGenerated).toBe(true);
  });

  test("counts the same question apart: that answers to it differ says nothing of likeness", async () => {
    let said = 0;
    const world = await open({ says: () => `Answer ${++said}` });
    await world.ask(boil, { caching: "shadow" });
    await world.ask(boil, { caching: "shadow" });
    const { spaces } = await world.cache.stats();
    expect(spaces).toMatchObject([{ space: "exact", wrong: { wrong: 1, checked: 1 } }]);
    expect((await world.ask(reworded)).cache.outcome).toBe("semantic");
  });

  test("takes different numbers for different answers, and needs no more than likeness otherwise", async () => {
    const answers = ["Boil the eggs 7 minutes", "Boil the eggs 9 minutes", "Please boil the eggs 7 minutes"];
    let said = 0;
    const world = await open({ says: () => answers[said++] ?? "" });
    await world.ask(boil, { caching: "shadow" });
    await world.ask(boil, { caching: "shadow" });
    await world.ask(boil, { caching: "shadow" });
    expect((await readMatches(world)).map(({ label }) => label)).toEqual([0, 1]);
  });
});

test("an answer that cannot be compared is stored all the same, and counted as neither right nor wrong", async () => {
  const embed = (text: string) => {
    if (!text.startsWith("Wait")) return embedFake(text);
    throw new AppError("inference_error", "the model broke");
  };
  const says = (question: string) => (question === boil ? "Wait, then eat it." : "Wait, then peel it.");
  const world = await open({ embed, says });
  await world.ask(boil, { caching: "shadow" });
  await world.ask(reworded, { caching: "shadow" });
  expect(await readMatches(world)).toEqual([]);
  expect((await world.cache.stats()).counts).toMatchObject({ stored: 2, uncompared: 1 });
  expect(world.logs).toEqual(["cache_answers_uncompared"]);
});

describe("a model that takes no more than 60 characters", () => {
  const embed = (text: string) => {
    if (text.length <= 60) return embedFake(text);
    throw new AppError("context_limit_exceeded", "the model takes no more than 60 characters");
  };

  test.each([
    ["the same", "Put it into boiling water and wait. ", 1],
    ["another thing", "Order a pizza from the shop and pay. ", 0],
  ])("compares answers that are longer, and finds that they say %s", async (_, other, label) => {
    const says = (question: string) =>
      question === boil ? "Put it into boiling water and wait. ".repeat(6) : `${other.repeat(7)}Done.`;
    const world = await open({ embed, says });
    await world.ask(boil, { caching: "shadow" });
    await world.ask(reworded, { caching: "shadow" });
    expect(await readMatches(world)).toMatchObject([{ label, source: "shadow" }]);
    expect((await world.cache.stats()).counts).not.toHaveProperty("uncompared");
    expect(world.logs).toEqual([]);
  });

  test("finds a question that is longer by its meaning", async () => {
    const world = await open({ embed });
    const long = "a big brown fresh egg that lay in cold water over night, with salt, for a friend";
    const first = await world.ask(`How do I boil ${long}?`);
    const second = await world.ask(`Please tell me how to cook ${long}`);
    expect(second).toMatchObject({ text: first.text, isGenerated: false, cache: { outcome: "semantic" } });
  });
});

describe("a question that is not alike enough", () => {
  test("teaches by its fresh answer, where the guard lets it pass", async () => {
    const world = await open({ says: () => "Ten minutes." });
    await world.ask("How do I boil a big fresh brown egg?");
    const { cache } = await world.ask("How do I boil a big fresh egg?");
    expect(cache).toMatchObject({ outcome: "miss", reason: expect.stringContaining("0.95 is asked for") });
    expect(await readMatches(world)).toMatchObject([{ served: 0, label: 1, source: "near" }]);
  });

  test("is served once enough of its kind were right", async () => {
    const world = await open({ says: () => "Ten minutes." });
    await world.ask("How do I boil a big fresh brown egg?");
    await world.ask("How do I boil a big fresh egg?");
    const { space, similarity } = await world.database.kysely
      .selectFrom("cache_match")
      .select(["space", "similarity"])
      .executeTakeFirstOrThrow();
    expect(similarity).toBeWithin(0.8, 0.95);
    const row = {
      request_id: "r",
      entry: "e",
      tenant,
      space,
      similarity,
      served: 0,
      label: 1,
      source: "near",
    };
    const rows = Array.from({ length: 298 }, (_, at_ms) => ({ ...row, at_ms }));
    await world.database.kysely.insertInto("cache_match").values(rows).execute();
    await world.cache.purge({});
    await world.ask("How do I boil a big fresh brown egg?");
    world.time.nowMs += 61_000;
    const { cache } = await world.ask("How do I boil a big fresh egg?");
    expect(cache.outcome).toBe("semantic");
  });

  test("teaches nothing where the guard would have refused it", async () => {
    const refusing: CoordinatorDeps["plugins"] = async () => ({
      decide: async (_: string, { hook }: { readonly hook: string }) =>
        ({ ok: true, output: { admit: true, serve: hook !== "cache.serve", reason: "no" } }) as never,
      judge: () => Promise.reject(new Error("this test has no judges")),
    });
    const world = await open({ says: () => "Ten minutes.", plugins: refusing });
    await world.ask("How do I boil a big fresh brown egg?");
    const { cache } = await world.ask("How do I boil a big fresh egg?");
    expect(cache.reason).toContain("0.95 is asked for");
    expect(await readMatches(world)).toEqual([]);
  });
});

/** So many wrong ones are allowed that the threshold stays: what an entry itself has learnt decides alone. */
describe("an entry whose answer was wrong for a question", () => {
  const settings = { cacheFalseHits: 1 };

  test("by feedback is not served to one as alike", async () => {
    const world = await open({ settings });
    await world.ask(boil);
    const served = await world.ask(reworded);
    await world.cache.feedback({ tenant, about: { requestId: served.id }, isRight: false });
    const { cache, isGenerated } = await world.ask(reworded);
    expect([isGenerated, cache.reason]).toEqual([true, "its answer was wrong for a question so alike"]);
  });

  test("by an answer that was made again is not served to one as alike", async () => {
    const says = (question: string) => (question === boil ? "Boil it 7 minutes." : "Boil it 9 minutes.");
    const world = await open({ settings, says, deps: { random: () => 0.001 } });
    await world.ask(boil);
    expect((await world.ask(reworded)).text).toBe("Boil it 7 minutes.");
    expect((await world.ask(reworded)).text).toBe("Boil it 9 minutes.");
  });

  test("by the shadow leaves its place to the one that was right", async () => {
    const says = (question: string) => (question === boil ? "Boil it 7 minutes." : "Boil it 9 minutes.");
    const world = await open({ settings, says });
    await world.ask(boil, { caching: "shadow" });
    await world.ask(reworded, { caching: "shadow" });
    const { cache, text } = await world.ask("How do you cook the egg?");
    expect([cache.outcome, text]).toEqual(["semantic", "Boil it 9 minutes."]);
  });
});

describe("feedback", () => {
  test("that a reworded answer was wrong keeps its entry from questions no more alike", async () => {
    const world = await open();
    await world.ask(boil);
    const served = await world.ask(reworded);
    expect(served.cache.outcome).toBe("semantic");
    await world.cache.feedback({ tenant, about: { requestId: served.id }, isRight: false });
    expect((await world.ask(reworded)).isGenerated).toBe(true);
    expect((await world.ask(boil)).cache.outcome).toBe("exact");
    const { spaces } = await world.cache.stats();
    expect(spaces.find(({ space }) => space !== "exact")?.threshold?.basis).toBe("closed");
  });

  test("that the answer to the very question was wrong removes it", async () => {
    const world = await open();
    await world.ask(boil);
    const { cache } = await world.ask(boil);
    await world.cache.feedback({ tenant, about: { entry: cache.entry ?? "" }, isRight: false });
    expect((await world.ask(boil)).isGenerated).toBe(true);
  });

  test("replaces what was said before, and is not counted twice", async () => {
    const world = await open();
    await world.ask(boil);
    const { id } = await world.ask(reworded);
    for (const isRight of [false, true, true])
      await world.cache.feedback({ tenant, about: { requestId: id }, isRight });
    const { spaces } = await world.cache.stats();
    expect(spaces).toMatchObject([{ threshold: { labels: 1 }, wrong: { wrong: 0, checked: 1 } }]);
  });

  test("is not replaced by what is measured after it", async () => {
    const world = await open();
    await world.ask(boil);
    const { id } = await world.ask(reworded);
    await world.cache.feedback({ tenant, about: { requestId: id }, isRight: true });
    const match = await findMatch(world.database, tenant, { requestId: id });
    await labelMatch(world.database.kysely, match?.id ?? 0, { isRight: false, source: "again" });
    expect(await readMatches(world)).toMatchObject([{ label: 1, source: "feedback" }]);
  });

  test("about nothing that was served is not found", async () => {
    const world = await open();
    const { id } = await world.ask(boil);
    for (const about of [{ requestId: id }, { requestId: "x".repeat(1_000) }, { entry: "cache-1" }])
      await expect(world.cache.feedback({ tenant, about, isRight: true })).rejects.toMatchObject({
        code: "not_found",
      });
  });

  test("about a fresh answer says nothing of the stored one that it was held against", async () => {
    const world = await open({ says: () => "Ten minutes." });
    await world.ask(boil, { caching: "shadow" });
    const { id, isGenerated } = await world.ask(reworded, { caching: "shadow" });
    expect(isGenerated).toBe(true);
    const said = world.cache.feedback({ tenant, about: { requestId: id }, isRight: false });
    await expect(said).rejects.toMatchObject({ code: "not_found" });
    expect(await readMatches(world)).toMatchObject([{ served: 0, label: 1, source: "shadow" }]);
  });
});

describe("an answer that was served by meaning", () => {
  test("is now and then made again beside requests, with the cache off, and compared", async () => {
    const priorities: (string | undefined)[] = [];
    const world = await open({
      deps: { random: () => 0.001 },
      says: (question) => (question === boil ? "Boil it 7 minutes." : "Boil it 9 minutes."),
    });
    await world.ask(boil);
    const before = world.engine.requests.length;
    const served = await world.ask(reworded);
    expect(served.cache.outcome).toBe("semantic");
    const again = world.engine.requests.slice(before);
    for (const { priority, caching, id } of again) priorities.push(priority, caching, id.slice(0, 5));
    expect(priorities).toEqual(["batch", "off", "again"]);
    expect(await readMatches(world)).toMatchObject([{ served: 1, label: 0, source: "again" }]);
    expect((await world.ask(reworded)).isGenerated).toBe(true);
  });
});
