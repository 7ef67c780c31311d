import { describe, expect, test } from "bun:test";
import { openDatabase } from "../../store/index.ts";
import { createTemporaryFolder } from "../../testing/index.ts";
import type { Baseline } from "./baseline.ts";
import { baselineKey, baselineTtlMs, createBaselineCache } from "./baseline-cache.ts";
import { openCoordination, specOf } from "./coordination-fixture.ts";
import { createPlan, type Plan } from "./plan.ts";

const { signal } = new AbortController();
const noCost = { calls: 1, promptTokens: 2, completionTokens: 3, usd: 0 };

function baselineOf(text: string, isScored = true): Baseline {
  const answer = {
    ...{ agentId: "baseline_agent_0", model: "m", seed: 1, stage: 0, text, promptTokens: 2 },
    ...{ completionTokens: 3, isCut: false, durationMs: 4, atMs: 5 },
  };
  const quality = isScored
    ? ({
        scored: true,
        score: 0.5,
        criteria: [{ name: "snake_case and CamelCase", score: 5 }],
        warnings: [],
      } as const)
    : ({ scored: false, reason: "the judge failed", warnings: [] } as const);
  return { answers: [{ answer, quality }], cost: noCost, judgeCost: noCost, measuredAtMs: 6 };
}

async function planOf(fields: object): Promise<Plan> {
  await using opened = await openCoordination({ models: ["alpha", "beta"] });
  return await createPlan(opened.deps, specOf({ seed: 1, ...fields }));
}

describe("the key", () => {
  test.each([
    { model: "beta" },
    { judge_model: "beta" },
    { criteria: ["depth"] },
    { temperature: 0.5 },
    { max_tokens: 100 },
    { num_agents: 2 },
    { task: "another" },
    { reference: "4,806 m" },
    { seed: 2 },
  ])("another %j misses", async (changes) => {
    expect(baselineKey(await planOf(changes), 0)).not.toBe(baselineKey(await planOf({}), 0));
  });

  test("is the same for the same question, whatever the strategy makes of the answers", async () => {
    expect(baselineKey(await planOf({ strategy: "debate", rounds: 3, repeats: 7 }), 0)).toBe(
      baselineKey(await planOf({}), 0),
    );
  });

  test("each repeat has its own", async () => {
    const plan = await planOf({});
    expect(baselineKey(plan, 1)).not.toBe(baselineKey(plan, 0));
  });
});

describe("the cache", () => {
  test("gives back what it was given", async () => {
    await using opened = await openCoordination();
    const cache = createBaselineCache({ ...opened.deps, now: () => 1 });
    await cache.keep("key", baselineOf("text"));
    expect(await cache.find("key")).toEqual(baselineOf("text"));
    expect(await cache.find("other")).toBeUndefined();
  });

  test("does not serve an entry past its time", async () => {
    await using opened = await openCoordination();
    let now = 0;
    const cache = createBaselineCache({ ...opened.deps, now: () => now });
    expect(baselineTtlMs).toBe(2_592_000_000);
    await cache.keep("key", baselineOf("text"));
    now = baselineTtlMs - 1;
    expect(await cache.find("key")).toBeDefined();
    now = baselineTtlMs;
    expect(await cache.find("key")).toBeUndefined();
  });

  test("forgets the least recently used", async () => {
    await using opened = await openCoordination();
    let now = 0;
    const cache = createBaselineCache({ ...opened.deps, now: () => now++, maxEntries: 2 });
    await cache.keep("first", baselineOf("1"));
    await cache.keep("second", baselineOf("2"));
    await cache.find("first");
    await cache.keep("third", baselineOf("3"));
    expect(await cache.find("second")).toBeUndefined();
    expect(await cache.find("first")).toBeDefined();
    expect(await cache.find("third")).toBeDefined();
  });

  test("does not keep what was judged in part only", async () => {
    await using opened = await openCoordination();
    const cache = createBaselineCache({ ...opened.deps, now: () => 1 });
    const [whole, failed] = [baselineOf("text"), baselineOf("text", false)];
    await cache.keep("key", failed);
    await cache.keep("mixed", { ...whole, answers: [...whole.answers, ...failed.answers] });
    expect([await cache.find("key"), await cache.find("mixed")]).toEqual([undefined, undefined]);
  });

  test("two writers on two connections lose nothing", async () => {
    using folder = createTemporaryFolder();
    const path = folder.file("hearth.db");
    const databases = [await openDatabase(path), await openDatabase(path)];
    const caches = databases.map((database) =>
      createBaselineCache({ database: async () => database, now: () => 1 }),
    );
    const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
    await Promise.all(
      caches.flatMap((cache, writer) => keys.map((key) => cache.keep(`${writer}-${key}`, baselineOf(key)))),
    );
    for (const writer of [0, 1])
      for (const key of keys)
        for (const cache of caches) expect(await cache.find(`${writer}-${key}`)).toEqual(baselineOf(key));
    for (const database of databases) await database.close();
  });
});

test("a second run takes the baseline of the first, and a refresh measures it again", async () => {
  await using opened = await openCoordination();
  const asked = () => opened.asked().length;
  await opened.coordination.measure(specOf({ num_agents: 2 }), { signal });
  expect(asked()).toBe(4);
  const { result } = await opened.coordination.measure(specOf({ num_agents: 2 }), { signal });
  expect(asked()).toBe(6);
  expect(result?.repeats[0]?.isBaselineCached).toBe(true);
  expect(result?.costs.baseline.calls).toBe(2);
  await opened.coordination.measure(specOf({ num_agents: 2, force_baseline_refresh: true }), { signal });
  expect(asked()).toBe(10);
});
