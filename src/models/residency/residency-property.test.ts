import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Demand, EvictionPolicy } from "./demand.ts";
import { type Asked, createWorld, type FakeModel, plainDemand, settle } from "./residency-world.fixture.ts";

const budgetBytes = 30;
const deviceBudgetBytes = 12;
const maxModels = 3;
const maxWaiting = 12;
const ids = ["a", "b", "c", "d", "pinned"] as const;
/** By model; a longer context takes more. Some cannot be loaded at all in some contexts. */
const sizes: Readonly<Record<(typeof ids)[number], number>> = { a: 5, b: 10, c: 14, d: 24, pinned: 4 };

const pick = fc.nat({ max: 11 });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("ask" as const),
      id: fc.constantFrom(...ids),
      scale: fc.constantFrom(1, 1, 1, 1.5),
      deviceBytes: fc.constantFrom(0, 0, 4, 8),
      variant: fc.constantFrom("", "", "", "other"),
      keepAliveMs: fc.constantFrom(undefined, undefined, 0, 50, 3000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("release" as const), pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("finish load" as const), pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("finish unload" as const), pick }) },
  fc.record({ do: fc.constant("abort" as const), pick }),
  fc.record({ do: fc.constant("fail load" as const), pick }),
  fc.record({ do: fc.constant("fail unload" as const), pick }),
  fc.record({ do: fc.constant("die" as const), pick }),
  fc.record({ do: fc.constant("shrink" as const), pick }),
  fc.record({ do: fc.constant("unload" as const), id: fc.constantFrom(...ids) }),
  fc.record({ do: fc.constant("preload" as const), id: fc.constantFrom(...ids) }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(10, 50, 1000) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A run of one trace; `check` holds after each of its steps. */
function createRun(policy: EvictionPolicy) {
  const asked: Asked[] = [];
  const charged = new Map<FakeModel, number>();
  const begun: Demand[] = [];
  const unloaded: { readonly id: string; readonly leases: number }[] = [];
  const world = createWorld({
    policy,
    budgetBytes,
    deviceBudgetBytes,
    maxModels,
    maxWaiting,
    keepAliveMs: 500,
    pinned: ["pinned"],
    priorities: new Map([["b", 3]]),
    onLoad: (_id, demand) => begun.push(demand),
    onUnload: (model) => unloaded.push({ id: model.id, leases: holders(model).length }),
  });

  const holders = (model: FakeModel) =>
    asked.filter(({ state, lease }) => state === "served" && lease?.loaded === model);
  const inState = (...states: FakeModel["state"][]) =>
    world.models.filter(({ state }) => states.includes(state));
  const waiting = () => asked.filter(({ state }) => state === "waiting");
  const served = () => asked.filter(({ state }) => state === "served");
  const choose = <One>(among: readonly One[], number: number) => among[number % Math.max(1, among.length)];

  async function take(one: Step): Promise<void> {
    switch (one.do) {
      case "ask": {
        const { id, scale, deviceBytes, variant } = one;
        const keepAliveMs = id === "c" ? Number.POSITIVE_INFINITY : one.keepAliveMs;
        const demand = { bytes: sizes[id] * scale, deviceBytes, contextTokens: 1000 * scale, variant };
        asked.push(await world.ask(id, { ...demand, ...(keepAliveMs !== undefined && { keepAliveMs }) }));
        return;
      }
      case "release":
        return await choose(served(), one.pick)?.release();
      case "abort":
        return await choose(waiting(), one.pick)?.abort();
      case "finish load":
        return await choose(inState("loading"), one.pick)?.finishLoad();
      case "fail load":
        return await choose(inState("loading"), one.pick)?.failLoad();
      case "finish unload":
        return await choose(inState("unloading"), one.pick)?.finishUnload();
      case "fail unload":
        return await choose(inState("unloading"), one.pick)?.failUnload("stuck");
      case "die":
        return await choose(inState("ready", "unloading"), one.pick)?.die();
      case "shrink": {
        const model = choose(inState("ready"), one.pick);
        if (!model) return;
        charged.set(model, model.demand.bytes - 2);
        world.residency.update(model.id, {
          bytes: model.demand.bytes - 2,
          deviceBytes: model.demand.deviceBytes,
        });
        return;
      }
      case "unload":
        void world.residency.unload(one.id);
        return;
      case "preload": {
        const wanted = [{ id: one.id, demand: { ...plainDemand, bytes: sizes[one.id] } }];
        void world.residency.preload(wanted, { maxModels: 1, signal: new AbortController().signal });
        return;
      }
      case "wait":
        world.clock.advance(one.ms);
        return;
      default:
        one satisfies never;
    }
  }

  /** After a step the room was given in the order of asking: whoever asked before stands with a load of its own. */
  function checkOrder(): void {
    for (const demand of begun.splice(0)) {
      const first = asked.find((one) => one.demand === demand)?.order ?? Number.POSITIVE_INFINITY;
      for (const one of waiting().filter(({ order }) => order < first)) {
        const load = inState("loading").find(({ id }) => id === one.id);
        expect(load?.demand.variant).toBe(one.demand.variant);
        expect(load?.demand.contextTokens).toBeGreaterThanOrEqual(one.demand.contextTokens);
      }
    }
  }

  function check(): void {
    const present = inState("loading", "ready", "unloading");
    const sum = (of: (model: FakeModel) => number) => present.reduce((total, model) => total + of(model), 0);
    expect(sum((model) => charged.get(model) ?? model.demand.bytes)).toBeLessThanOrEqual(budgetBytes);
    expect(sum(({ demand }) => demand.deviceBytes)).toBeLessThanOrEqual(deviceBudgetBytes);
    expect(present.length).toBeLessThanOrEqual(maxModels);
    expect(new Set(present.map(({ id }) => id)).size).toBe(present.length);
    expect(world.events.filter((event) => /^evicted pinned (room|expired)/.test(event))).toEqual([]);
    expect(unloaded.splice(0).filter(({ leases }) => leases > 0)).toEqual([]);
    // Only `c` is asked for without an end.
    const idle = world.residency.snapshot().filter(({ state, active }) => state === "ready" && active === 0);
    const endless = idle.filter(({ expiresAtMs, id }) => expiresAtMs === undefined && id !== "c");
    expect(endless.filter(({ isPinned }) => !isPinned)).toEqual([]);
    checkOrder();
    const isMoving = inState("loading", "unloading").length > 0 || served().length > 0;
    if (!isMoving) expect(waiting().length).toBe(0);
    expect(world.residency.stats().waiting).toBe(waiting().length);
    expect(world.residency.stats().waiting).toBeLessThanOrEqual(maxWaiting);
  }

  /** Lets every answer, load and unload end. */
  async function finish(afterRound = () => {}): Promise<void> {
    await settle();
    for (let round = 0; round < 200; round += 1) {
      const [holder, loading, unloading] = [served()[0], inState("loading")[0], inState("unloading")[0]];
      if (!holder && !loading && !unloading) return;
      await holder?.release();
      await loading?.finishLoad();
      await unloading?.finishUnload();
      afterRound();
    }
    throw new Error("the models load and unload without end");
  }

  return { world, asked, take, check, finish };
}

const policies: readonly EvictionPolicy[] = ["lru", "lfu", "fifo", "priority"];
for (const policy of policies) {
  test(`G2: with ${policy}, limits hold at every moment, nobody waits for ever and nobody overtakes`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const run = createRun(policy);
        for (const one of steps) {
          await run.take(one);
          await settle();
          run.check();
        }
        await run.finish(run.check);
        expect(run.asked.filter(({ state }) => state === "waiting").length).toBe(0);
        const codes = run.asked.flatMap(({ error, state }) => (state === "refused" ? [String(error)] : []));
        expect(codes.filter((text) => !/needs .* of|load failed|requests wait/.test(text))).toEqual([]);
        const stopped = run.world.residency.stop(AbortSignal.abort());
        await run.finish();
        await stopped;
        expect(run.world.inMemory()).toEqual([]);
        expect(run.world.clock.pending).toBe(0);
      }),
      { numRuns: 500 },
    );
  }, 60_000);
}
