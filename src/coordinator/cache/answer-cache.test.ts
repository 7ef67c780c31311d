import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import type { Plugins } from "../../plugin-host/index.ts";
import { createChatRequest, createTemporaryFolder, waitUntil } from "../../testing/index.ts";
import { type CacheWorldOptions, chatOf, openCacheWorld, openGuard } from "./cache-fixture.ts";

const folders: ReturnType<typeof createTemporaryFolder>[] = [];
const closing: (() => Promise<unknown>)[] = [];
const guardFolder = createTemporaryFolder();
let guard: Plugins;

beforeAll(() => {
  guard = openGuard(guardFolder.path);
});
afterAll(async () => {
  await guard.close();
  guardFolder[Symbol.dispose]();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  for (const folder of folders.splice(0)) folder[Symbol.dispose]();
});

async function open(options: CacheWorldOptions = {}) {
  const folder = createTemporaryFolder();
  folders.push(folder);
  const world = await openCacheWorld(folder.path, { plugins: async () => guard, ...options });
  closing.push(() => world.coordinator.close().then(() => world.database.close()));
  return world;
}

const boil = "How do I boil an egg?";

describe("a question that was answered before", () => {
  test("is answered with the same text, without asking the model", async () => {
    const world = await open();
    const first = await world.ask(boil);
    expect(first.cache).toMatchObject({ outcome: "miss" });
    const second = await world.ask(`  ${boil} `);
    expect(second).toMatchObject({ text: first.text, isGenerated: false });
    expect(second.receipt).toMatchObject({
      answeredBy: "fake-model",
      route: { kind: "cache", rule: "exact" },
    });
    expect(second.cache).toMatchObject({ outcome: "exact", similarity: 1, ageSeconds: 0 });
    expect(second.cache.entry).toStartWith("cache-");
  });

  test("comes in the shape of a generated answer, its whole prompt counted as cached", async () => {
    const long = "one two three four five six seven eight nine ten eleven twelve";
    const world = await open({ says: () => [{ reasoning: "let me think about it" }, { text: long }] });
    const first = await world.ask(boil);
    const second = await world.ask(boil);
    const kinds = second.events.map(({ type }) => type);
    expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual([
      ...(["receipt", "started", "reasoning", "text", "finish", "done"] as const),
    ]);
    expect(kinds.filter((kind) => kind === "text").length).toBeGreaterThan(3);
    expect(second.text).toBe(long);
    const done = second.events.find(({ type }) => type === "done");
    const fresh = first.events.find(({ type }) => type === "done");
    if (done?.type !== "done" || fresh?.type !== "done") throw new Error("an answer ends");
    expect(done.usage).toEqual({ ...fresh.usage, cachedTokens: fresh.usage.promptTokens });
    expect(done.usage.completionTokens).toBeGreaterThan(0);
  });

  test("is served in another wording", async () => {
    const world = await open();
    const first = await world.ask(boil);
    const second = await world.ask("Please tell me how to boil the egg");
    expect(second).toMatchObject({ text: first.text, isGenerated: false, cache: { outcome: "semantic" } });
    expect(second.cache.similarity).toBeCloseTo(1, 6);
  });

  test("is not served where a number differs, however alike the wording is", async () => {
    const world = await open();
    await world.ask("How do I boil 3 eggs?");
    const { cache, isGenerated } = await world.ask("How do I boil 4 eggs?");
    expect(isGenerated).toBe(true);
    expect(cache.outcome).toBe("miss");
    expect(cache.reason).toMatch(/number/);
  });

  test("is not served where one is negated", async () => {
    const world = await open();
    await world.ask(boil);
    const { cache, isGenerated } = await world.ask("How do I not boil an egg?");
    expect({ isGenerated, outcome: cache.outcome }).toEqual({ isGenerated: true, outcome: "miss" });
    expect(cache.reason).toMatch(/negated/);
  });

  test("is not served where it is another question", async () => {
    const world = await open();
    await world.ask(boil);
    expect(await world.ask("Which rivers cross Vienna?")).toMatchObject({
      ...{ isGenerated: true, cache: { outcome: "miss" } },
    });
  });

  test("is not served in another mode than the one that was asked for", async () => {
    const world = await open();
    await world.ask(boil);
    expect(await world.ask(boil, { caching: "off" })).toMatchObject({
      isGenerated: true,
      cache: { outcome: "off" },
    });
    const other = await world.ask("Please tell me how to boil the egg", { caching: "exact" });
    expect(other).toMatchObject({ isGenerated: true, cache: { outcome: "miss" } });
    expect(await world.ask(boil, { caching: "exact" })).toMatchObject({ isGenerated: false });
  });

  test("is served after a restart, by its meaning too", async () => {
    const world = await open();
    await world.ask(boil);
    const again = await openCacheWorld("", { plugins: async () => guard, database: world.database });
    expect((await again.ask("How do you boil the egg?")).cache.outcome).toBe("semantic");
    expect((await again.ask(boil)).cache.outcome).toBe("exact");
  });
});

describe("what changes the answer", () => {
  const changes: readonly (readonly [string, Partial<GenerateRequest>])[] = [
    ["the model", { model: "other-model" }],
    ["the temperature", { sampling: { temperature: 0.5, seed: 1 } }],
    ["the seed", { sampling: { temperature: 0, seed: 2 } }],
    ["the schema", { constraint: { type: "json-schema", schema: { type: "object" } } }],
    ["the longest answer", { maxTokens: 100 }],
    ["where it stops", { stop: ["\n"] }],
    ["the adapters", { adapters: [{ name: "tone", scale: 1 }] }],
    ["the privacy label", { privacy: "local" }],
    ["the tenant", { tenant: "another" }],
    [
      "the system prompt",
      {
        input: chatOf([
          { role: "system", content: "Answer in French." },
          { role: "user", content: boil },
        ]),
      },
    ],
    [
      "what was said before",
      {
        input: chatOf([
          { role: "user", content: "Hello" },
          { role: "assistant", content: "Hi" },
          { role: "user", content: boil },
        ]),
      },
    ],
  ];
  test.each(changes)("%s is another question", async (_, change) => {
    const world = await open();
    await world.ask(boil);
    const { isGenerated, cache } = await world.ask(boil, change);
    expect({ isGenerated, outcome: cache.outcome }).toEqual({ isGenerated: true, outcome: "miss" });
    expect((await world.ask(boil, change)).cache.outcome).toBe("exact");
  });

  test("a change of the collections is too", async () => {
    let revision = "1";
    const collections = { find: async () => undefined, revision: async () => revision };
    const world = await open({ deps: { knowledge: async () => ({ collections }) as never } });
    const request = createChatRequest(boil, { caching: "semantic", retrieval: { collections: ["docs"] } });
    const signal = new AbortController().signal;
    const lookUp = () => world.cache.lookUp({ ...request, model: "fake-model" }, signal);
    const first = await lookUp();
    if (first.hit) throw new Error("nothing is stored");
    const events = world.run({ ...request, model: "fake-model", retrieval: { collections: [] } }, signal);
    for await (const _ of first.keep(events));
    await world.cache.settle();
    expect((await lookUp()).receipt.outcome).toBe("exact");
    revision = "2";
    expect((await lookUp()).receipt.outcome).toBe("miss");
  });
});

describe("what cannot be answered from a cache", () => {
  const tool = { name: "clock", parameters: {} };
  const { input } = createChatRequest(boil);
  const requests: readonly (readonly [string, Partial<GenerateRequest>])[] = [
    ["tools", { input: { ...input, tools: [tool] } as GenerateRequest["input"] }],
    ["several answers", { choices: 2 }],
    ["probabilities", { topLogprobs: 2 }],
    ["a last message of the model", { input: chatOf([{ role: "assistant", content: "and" }]) }],
  ];
  test.each(requests)("a request with %s is not looked up, and says so", async (_, change) => {
    const world = await open();
    const { cache } = await world.ask(boil, change);
    expect(cache.outcome).toBe("off");
    expect(cache.reason).toBeString();
    expect((await world.cache.stats()).entries).toBe(0);
  });

  test("an answer that is drawn at random is none to the same question, unless meaning is enough", async () => {
    const world = await open();
    const drawn = { sampling: { temperature: 0.8 } };
    const { cache } = await world.ask(boil, { ...drawn, caching: "exact" });
    expect(cache).toMatchObject({ outcome: "off", reason: expect.stringContaining("at random") });
    await world.ask(boil, drawn);
    expect((await world.ask(boil, drawn)).cache.outcome).toBe("exact");
  });

  test("without an embedding model the same question alone hits, and the receipt says why", async () => {
    const world = await open({ settings: { embeddingModel: undefined } as never });
    await world.ask(boil);
    const other = await world.ask("Please tell me how to boil the egg");
    expect(other.cache).toMatchObject({
      outcome: "miss",
      reason: expect.stringContaining("no embedding model"),
    });
    expect((await world.ask(boil)).cache.outcome).toBe("exact");
  });
});

describe("what is not stored", () => {
  const isStored = async (options: CacheWorldOptions, change: Partial<GenerateRequest> = {}) => {
    const world = await open(options);
    await world.ask(boil, change).catch(() => undefined);
    return (await world.cache.stats()).entries > 0;
  };
  test("an answer that was cut at its length", async () => {
    expect(await isStored({ says: () => [{ text: "a" }, { text: "b" }] })).toBe(true);
    expect(await isStored({ says: () => [{ text: "a" }, { text: "b" }] }, { maxTokens: 1 })).toBe(false);
  });

  test("an answer that failed", async () => {
    const fail = new AppError("inference_error", "the model broke");
    expect(await isStored({ says: () => [{ text: "half an answer" }, { fail }] })).toBe(false);
  });

  test("an answer that its client left", async () => {
    const world = await open({ says: () => ["a", "b", "c"].map((text) => ({ text })) });
    const request = createChatRequest(boil, { model: "fake-model", caching: "semantic" });
    for await (const event of world.run(request, new AbortController().signal))
      if (event.type === "text") break;
    await world.cache.settle();
    expect((await world.cache.stats()).entries).toBe(0);
  });

  test("a call of a tool, and an answer that is blank", async () => {
    expect(await isStored({ says: () => "   " })).toBe(false);
    const toolCall = { index: 0, id: "1", name: "clock", argumentsDelta: "{}" };
    expect(await isStored({ says: () => [{ text: "let me see" }, { toolCall }] })).toBe(false);
  });

  test("what the policy refuses, and then what it cannot be asked of", async () => {
    const world = await open();
    await world.ask("What is the weather today?");
    const { entries, counts } = await world.cache.stats();
    expect({ entries, refused: counts.store_refused }).toEqual({ entries: 0, refused: 1 });
    expect(await isStored({ plugins: () => Promise.reject(new Error("no plugins")) })).toBe(false);
  });

  test("an answer of a model that stands in for one that failed", async () => {
    const attempts = [
      { model: "a", outcome: "failed" },
      { model: "b", outcome: "answered" },
    ] as const;
    const world = await open();
    const request = createChatRequest(boil, { model: "fake-model", caching: "semantic" });
    const signal = new AbortController().signal;
    const found = await world.cache.lookUp(request, signal);
    if (found.hit) throw new Error("nothing is stored");
    const route = { kind: "local", asked: "a", rule: "fallback", reason: "a failed", attempts } as const;
    async function* events() {
      for await (const event of world.run({ ...request, caching: "off" }, signal))
        yield event.type === "receipt" ? { ...event, receipt: { ...event.receipt, route } } : event;
    }
    for await (const _ of found.keep(events()));
    await world.cache.settle();
    expect((await world.cache.stats()).entries).toBe(0);
  });
});

describe("the guard", () => {
  test("that cannot be asked serves nothing similar, and the receipt says why", async () => {
    let isDown = false;
    const world = await open({
      plugins: () => (isDown ? Promise.reject(new Error("no plugins here")) : Promise.resolve(guard)),
    });
    await world.ask(boil);
    isDown = true;
    const { cache, isGenerated } = await world.ask("Please tell me how to boil the egg");
    expect(isGenerated).toBe(true);
    expect(cache).toMatchObject({ outcome: "miss", reason: expect.stringContaining("no plugins here") });
  });
});

test("the guard is told of a question that must stay here: it may have a network of its own", async () => {
  const scopes: (string | undefined)[] = [];
  const watched: Pick<Plugins, "decide" | "judge"> = {
    judge: guard.judge,
    decide: (name, input, scope) => {
      if (!("query" in input) || input.query !== "Why?") scopes.push(scope?.privacy);
      return guard.decide(name, input, scope);
    },
  };
  const world = await open({ plugins: async () => watched });
  await world.ask(boil, { privacy: "local" });
  await world.ask("Please tell me how to boil the egg", { privacy: "local" });
  expect(new Set(scopes)).toEqual(new Set(["local"]));
  expect(scopes.length).toBeGreaterThan(1);
});

describe("time", () => {
  test("ends an entry, which is then removed", async () => {
    const world = await open({ settings: { cacheTtlMs: 60_000 } });
    await world.ask(boil);
    world.time.nowMs += 59_000;
    expect((await world.ask(boil)).cache).toMatchObject({ outcome: "exact", ageSeconds: 59 });
    world.time.nowMs += 1_000;
    expect((await world.ask("Please tell me how to boil the egg")).cache.outcome).toBe("miss");
    const rows = await world.database.kysely.selectFrom("cache_answer").select("question").execute();
    expect(rows).toEqual([{ question: "Please tell me how to boil the egg" }]);
  });

  test("that goes backwards makes no negative ages, and nothing last for ever", async () => {
    const world = await open({ settings: { cacheTtlMs: 60_000 } });
    await world.ask(boil);
    world.time.nowMs -= 500;
    expect((await world.ask(boil)).cache).toMatchObject({ outcome: "exact", ageSeconds: 0 });
    world.time.nowMs -= 86_400_000;
    expect((await world.ask(boil)).cache.outcome).toBe("miss");
    const { entries } = await world.cache.stats();
    expect(entries).toBe(1);
    expect((await world.ask(boil)).cache.outcome).toBe("exact");
  });
});

describe("room", () => {
  test("the entries used longest ago leave once there are too many bytes", async () => {
    const world = await open({
      settings: { cacheMaxBytes: 8_000 },
      says: () => "x".repeat(1_000),
    });
    await world.ask(boil);
    for (const name of ["Vienna", "Lisbon", "Oslo", "Rome", "Cairo"]) {
      world.time.nowMs += 1_000;
      await world.ask(`Which rivers cross ${name}?`);
      await world.ask(boil);
    }
    const stats = await world.cache.stats();
    expect(stats.bytes).toBeLessThanOrEqual(8_000);
    expect(stats.bytes).toBeGreaterThan(4_000);
    expect((await world.ask(boil)).cache.outcome).toBe("exact");
    expect((await world.ask("Which rivers cross Vienna?")).cache.outcome).toBe("miss");
  });

  test("entries leave by tag, by model, by name and all together", async () => {
    const world = await open();
    await world.ask(boil, { tags: ["kitchen", "eggs"] });
    await world.ask("Which rivers cross Oslo?", { tags: ["travel"] });
    await world.ask(boil, { model: "other-model" });
    const { cache } = await world
      .ask("Which rivers cross Rome?")
      .then(() => world.ask("Which rivers cross Rome?"));
    expect(await world.cache.purge({ tag: "eggs" })).toBe(1);
    expect((await world.ask("Please tell me how to boil the egg", { tags: ["x"] })).cache.outcome).toBe(
      "miss",
    );
    expect(await world.cache.purge({ model: "other-model" })).toBe(1);
    expect(await world.cache.purge({ entry: cache.entry ?? "" })).toBe(1);
    expect(await world.cache.purge({ tag: "nobody" })).toBe(0);
    expect(await world.cache.purge({})).toBe(2);
    expect((await world.cache.stats()).entries).toBe(0);
    const tags = await world.database.kysely.selectFrom("cache_tag").selectAll().execute();
    expect(tags).toEqual([]);
  });
});

describe("faults", () => {
  test("a database that cannot be opened leaves the answer whole", async () => {
    const world = await open({ deps: { database: () => Promise.reject(new Error("the disk is gone")) } });
    const { cache, text } = await world.ask(boil);
    expect(text).toBe(`answer to ${boil}`);
    expect(cache).toMatchObject({ outcome: "miss", reason: expect.stringContaining("the disk is gone") });
  });

  test("a damaged row is a miss, and gone", async () => {
    const world = await open();
    await world.ask(boil);
    await world.database.kysely.updateTable("cache_answer").set({ answer: '{"text": 5}' }).execute();
    expect((await world.ask("Please tell me how to boil the egg")).cache.outcome).toBe("miss");
    await world.database.kysely
      .updateTable("cache_answer")
      .set({ embedding: Uint8Array.of(1, 2, 3), answer: "not JSON" })
      .execute();
    const { cache, isGenerated } = await world.ask(boil);
    expect({ isGenerated, outcome: cache.outcome }).toEqual({ isGenerated: true, outcome: "miss" });
  });

  test("an embedding model that fails leaves exact hits, and the receipt says why there are no others", async () => {
    const world = await open({ settings: { embeddingModel: "absent-model" } });
    const { cache } = await world.ask(boil);
    expect(cache.reason).toContain("absent-model could not embed");
    expect((await world.ask(boil)).cache.outcome).toBe("exact");
  });
});

test("what was asked before a purge is not stored after it", async () => {
  const gate = Promise.withResolvers<void>();
  const world = await open({ says: () => [{ text: "one" }, { until: gate.promise }, { text: " two" }] });
  const asked = world.ask(boil);
  await waitUntil("the model is asked", () => world.engine.requests.length > 0);
  await world.cache.purge({});
  gate.resolve();
  expect((await asked).text).toBe("one two");
  expect((await world.cache.stats()).entries).toBe(0);
});
