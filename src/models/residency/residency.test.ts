import { expect, test } from "bun:test";
import type { EvictionPolicy } from "./demand.ts";
import { createWorld, settle, type World } from "./residency-world.fixture.ts";

const evictions = ({ events }: World) => events.filter((event) => event.startsWith("evicted"));

test("the first request of a model waits for its load, the next finds it there", async () => {
  const world = createWorld();
  const first = await world.ask("a");
  world.clock.advance(700);
  expect(first.state).toBe("waiting");
  expect(world.residency.snapshot()).toMatchObject([
    { state: "loading", loadedAtMs: 1000, loadMs: 0, uses: 0 },
  ]);
  await world.model("a").finishLoad();
  expect(world.residency.snapshot()).toMatchObject([
    { state: "ready", loadedAtMs: 1700, loadMs: 700, uses: 1 },
  ]);
  const second = await world.ask("a");
  expect([first.lease?.loadMs, second.lease?.loadMs]).toEqual([700, 0]);
  expect(second.lease?.loaded).toBe(world.model("a"));
  expect(world.events).toEqual(["miss a", "loaded a 700", "hit a"]);
  expect(world.residency.stats()).toMatchObject({ hits: 1, misses: 1, hitRatePercent: 50, usedBytes: 10 });
});

test("all who ask for a model while it loads share the load", async () => {
  const world = createWorld();
  const asked = [await world.ask("a"), await world.ask("a"), await world.ask("a", { contextTokens: 100 })];
  expect(world.residency.stats().waiting).toBe(3);
  await world.model("a").finishLoad();
  expect(asked.map(({ state }) => state)).toEqual(["served", "served", "served"]);
  expect(world.models).toHaveLength(1);
});

/** Loaded in the order a b c d; b was used longest ago, c least often, d has the lowest priority. */
const g1: readonly (readonly [EvictionPolicy, string])[] = [
  ["fifo", "a"],
  ["lru", "b"],
  ["lfu", "c"],
  ["priority", "d"],
];
for (const [policy, expected] of g1) {
  test(`G1: ${policy} lets ${expected} go`, async () => {
    const world = createWorld({ policy, maxModels: 4, budgetBytes: 1000, priorities: new Map([["d", -1]]) });
    for (const id of ["a", "b", "b", "b", "c", "d", "d", "a", "a"]) await world.use(id);
    await world.ask("e");
    expect(evictions(world)).toEqual([`evicted ${expected} room`]);
  });
}

test("no model leaves that the room of a later one makes needless", async () => {
  const world = createWorld();
  await world.use("small", { bytes: 2 });
  await world.use("large", { bytes: 20 });
  await world.ask("new", { bytes: 20 });
  expect(evictions(world)).toEqual(["evicted large room"]);
});

test("room on the GPU is made by who has some", async () => {
  const world = createWorld({ deviceBudgetBytes: 10 });
  await world.use("host", { deviceBytes: 0 });
  await world.use("gpu", { deviceBytes: 6 });
  await world.ask("new", { deviceBytes: 6 });
  expect(evictions(world)).toEqual(["evicted gpu room"]);
});

test("memory counts until it is really free", async () => {
  const world = createWorld({ budgetBytes: 10, keepAliveMs: 1000 });
  await world.use("a");
  const next = await world.ask("b");
  expect(world.inMemory()).toEqual(["a"]);
  expect(world.residency.snapshot()).toMatchObject([{ id: "a", state: "leaving", active: 0 }]);
  expect(world.residency.snapshot()[0]?.expiresAtMs).toBeUndefined();
  await world.model("a").finishUnload();
  expect(world.inMemory()).toEqual(["b"]);
  await world.model("b").finishLoad();
  expect(next.state).toBe("served");
});

test("G5: a busy model ends its answers before it leaves, and takes no new ones", async () => {
  const world = createWorld({ budgetBytes: 10 });
  const running = await world.ask("a");
  await world.model("a").finishLoad();
  const other = await world.ask("b");
  const late = await world.ask("a");
  expect([world.model("a").state, late.state]).toEqual(["ready", "waiting"]);
  expect(world.residency.snapshot()).toMatchObject([{ id: "a", state: "leaving", active: 1 }]);
  world.clock.advance(300);
  await running.release();
  await world.model("a").finishUnload();
  await world.model("b").finishLoad();
  expect([other.state, late.state]).toEqual(["served", "waiting"]);
  await other.release();
  await world.model("b").finishUnload();
  await world.model("a").finishLoad();
  expect(late.state).toBe("served");
  expect(world.events).toContain("waited b 300");
});

test("idle models leave before busy ones, whatever the policy says", async () => {
  const world = createWorld({ budgetBytes: 20 });
  await world.ask("old");
  await world.model("old").finishLoad();
  await world.use("young");
  await world.ask("new");
  expect(evictions(world)).toEqual(["evicted young room"]);
});

test("a claim on a busy model is lifted when another becomes idle first", async () => {
  const world = createWorld({ budgetBytes: 20 });
  const a = await world.ask("a");
  await world.model("a").finishLoad();
  const b = await world.ask("b");
  await world.model("b").finishLoad();
  await world.ask("c");
  const again = await world.ask("a");
  expect(again.state).toBe("waiting");
  await b.release();
  expect(again.state).toBe("served");
  expect(evictions(world)).toEqual(["evicted b room"]);
  await a.release();
});

test("a claim on a busy model is lifted when who needed it has left", async () => {
  const world = createWorld({ budgetBytes: 10 });
  await world.ask("a");
  await world.model("a").finishLoad();
  const other = await world.ask("b");
  const again = await world.ask("a");
  await other.abort();
  expect([other.state, again.state]).toEqual(["aborted", "served"]);
  expect(world.residency.snapshot()).toMatchObject([{ id: "a", state: "ready", active: 2 }]);
});

test("a claim on a busy model is lifted when nobody is left who needs it", async () => {
  const world = createWorld({ budgetBytes: 10 });
  const running = await world.ask("a");
  await world.model("a").finishLoad();
  await (await world.ask("b")).abort();
  expect((await world.ask("a")).lease?.loadMs).toBe(0);
  await running.release();
  expect(world.inMemory()).toEqual(["a"]);
});

test("of busy models the one that was asked for longest ago leaves, and stays chosen while its answers end", async () => {
  const world = createWorld({ budgetBytes: 20, isQuick: true });
  const b = [await world.ask("a"), await world.ask("b"), await world.ask("b")].slice(1);
  await world.ask("a");
  await world.ask("c");
  await b[0]?.release();
  const [a, again] = [await world.ask("a"), await world.ask("b")];
  expect([a.state, again.state]).toEqual(["served", "waiting"]);
});

test("room is given in the order of asking, also to a small model behind a large one", async () => {
  const world = createWorld();
  const running = await world.ask("a");
  await world.model("a").finishLoad();
  await world.ask("large", { bytes: 30 });
  await world.ask("small", { bytes: 5 });
  expect(world.inMemory()).toEqual(["a"]);
  await running.release();
  await world.model("a").finishUnload();
  expect(world.inMemory()).toEqual(["large"]);
});

test("two models that fit are loaded side by side", async () => {
  const world = createWorld();
  await world.ask("a");
  await world.ask("b");
  expect(world.models.map(({ state }) => state)).toEqual(["loading", "loading"]);
});

test("a pinned model never makes room", async () => {
  const world = createWorld({ pinned: ["a"], budgetBytes: 20, keepAliveMs: 5 });
  await world.use("a", { keepAliveMs: 0 });
  await world.use("b");
  await world.ask("c");
  world.clock.advance(1000);
  expect(evictions(world)).toEqual(["evicted b room"]);
  expect(world.residency.snapshot()[0]).toMatchObject({ id: "a", isPinned: true, state: "ready" });
});

test("what can never fit is refused at once with both numbers", async () => {
  const world = createWorld({ budgetBytes: 30 * 2 ** 20 });
  const asked = await world.ask("a", { bytes: 31 * 2 ** 20 });
  expect(asked.error).toMatchObject({
    code: "model_too_large",
    details: { model: "a", neededBytes: 31 * 2 ** 20, availableBytes: 30 * 2 ** 20 },
  });
  expect(`${asked.error}`).toContain("a needs 31 MiB of memory and there is room for 30 MiB;");
});

test("what does not fit beside a pinned model is refused with the room beside it", async () => {
  const world = createWorld({ pinned: ["a"] });
  await world.use("a");
  const asked = await world.ask("b", { bytes: 25 });
  expect(asked.error).toMatchObject({
    code: "model_too_large",
    details: { neededBytes: 25, availableBytes: 20 },
  });
  expect((await world.ask("a", { bytes: 30, contextTokens: 9000 })).state).toBe("waiting");
});

test("what does not fit on the GPU is refused with the numbers of the GPU", async () => {
  const world = createWorld({ deviceBudgetBytes: 4 });
  expect((await world.ask("a", { deviceBytes: 5 })).error).toMatchObject({
    code: "model_too_large",
    details: { neededBytes: 5, availableBytes: 4, of: "GPU memory" },
  });
});

test("where all places are pinned another model is refused", async () => {
  const world = createWorld({ pinned: ["a"], maxModels: 1 });
  await world.use("a");
  expect((await world.ask("b")).error).toMatchObject({ code: "model_too_large", details: { available: 1 } });
});

test("a request that waits is refused once pinned models have taken the room that it needs", async () => {
  const world = createWorld({ pinned: ["a"] });
  const running = await world.ask("x", { bytes: 30 });
  await world.model("x").finishLoad();
  await world.ask("a");
  const large = await world.ask("b", { bytes: 25 });
  await running.release();
  await world.model("x").finishUnload();
  expect(large.error).toMatchObject({ code: "model_too_large", details: { availableBytes: 20 } });
});

test("a full queue refuses at once", async () => {
  const world = createWorld({ maxWaiting: 2 });
  await world.ask("a");
  await world.ask("b");
  expect((await world.ask("c")).error).toMatchObject({ code: "queue_full", details: { waiting: 2 } });
  await world.model("a").finishLoad();
  expect((await world.ask("a")).state).toBe("served");
});

test("a model whose requests were all aborted while it loaded stays as an idle one", async () => {
  const world = createWorld();
  const asked = await world.ask("a");
  await asked.abort();
  expect(asked.error).toMatchObject({ message: "a is not wanted" });
  expect(world.model("a").signal.aborted).toBe(false);
  await world.model("a").finishLoad();
  expect((await world.ask("a")).lease?.loadMs).toBe(0);
});

test("a load that nobody waits for is ended where its room is needed", async () => {
  const world = createWorld({ budgetBytes: 10 });
  await (await world.ask("a")).abort();
  const next = await world.ask("b");
  expect(world.model("a").signal.aborted).toBe(true);
  expect(world.inMemory()).toEqual(["a"]);
  await world.model("a").failLoad();
  await world.model("b").finishLoad();
  expect(next.state).toBe("served");
});

test("a load that was ended too late is unloaded before its room is given away", async () => {
  const world = createWorld({ budgetBytes: 10 });
  await (await world.ask("a")).abort();
  await world.ask("b");
  await world.model("a").finishLoad();
  expect(world.inMemory()).toEqual(["a"]);
  await world.model("a").finishUnload();
  expect(world.inMemory()).toEqual(["b"]);
  expect(world.events).toEqual(["miss a", "miss b", "waited b 0"]);
});

test("a loaded model serves whoever needs less than it would be loaded with now", async () => {
  const world = createWorld();
  const { demand } = await world.ask("a");
  await world.model("a").finishLoad();
  const changed = {
    ...demand,
    contextTokens: demand.contextTokens + 1,
    minContextTokens: demand.contextTokens,
  };
  using lease = await world.residency.acquire("a", changed, new AbortController().signal);
  expect(lease.loadMs).toBe(0);
});

test("a signal that has aborted before is thrown, and nothing is loaded", async () => {
  const world = createWorld();
  const request = world.residency.acquire("a", { ...(await world.ask("b")).demand }, AbortSignal.abort("no"));
  expect(await request.catch((error: unknown) => error)).toBe("no");
  expect(world.inMemory()).toEqual(["b"]);
});

test("a load that fails rejects all who waited for it and frees its room", async () => {
  const world = createWorld({ budgetBytes: 10 });
  const asked = [await world.ask("a"), await world.ask("a")];
  const other = await world.ask("b");
  const failure = new Error("no such file");
  await world.model("a").failLoad(failure);
  expect(asked.map(({ error }) => error)).toEqual([failure, failure]);
  await world.model("b").finishLoad();
  expect(other.state).toBe("served");
});

test("a smaller context than the loaded one is served as it is, a larger one waits until the model is idle", async () => {
  const world = createWorld();
  const running = await world.ask("a");
  await world.model("a").finishLoad();
  expect((await world.ask("a", { contextTokens: 100 })).state).toBe("served");
  expect((await world.ask("a", { contextTokens: 8192 })).state).toBe("waiting");
  await running.release();
  expect(world.model("a").state).toBe("ready");
});

test("a model that is loaded anew serves all who waited", async () => {
  const world = createWorld({ pinned: ["a"] });
  const running = await world.ask("a");
  await world.model("a").finishLoad();
  const larger = await world.ask("a", { contextTokens: 8192 });
  const same = await world.ask("a");
  expect(same.state).toBe("waiting");
  await running.release();
  expect(evictions(world)).toEqual(["evicted a reload"]);
  await world.model("a").finishUnload();
  expect(world.model("a").demand.contextTokens).toBe(8192);
  await world.model("a").finishLoad();
  expect([larger.state, same.state]).toEqual(["served", "served"]);
});

test("other load options load the model anew", async () => {
  const world = createWorld({ isQuick: true });
  await world.use("a", { variant: "kv=f16" });
  const other = await world.ask("a", { variant: "kv=q8_0" });
  expect(other.state).toBe("served");
  expect(evictions(world)).toEqual(["evicted a reload"]);
});

test("a host that died frees its room and leaves the leases alone", async () => {
  const world = createWorld({ budgetBytes: 10 });
  const running = await world.ask("a");
  await world.model("a").finishLoad();
  const other = await world.ask("b");
  await world.model("a").die();
  expect([running.state, world.inMemory()]).toEqual(["served", ["b"]]);
  await running.release();
  await world.model("b").finishLoad();
  expect(other.state).toBe("served");
  expect(world.residency.stats().evictions).toBe(0);
});

test("late news of a host that died does not touch its successor", async () => {
  const world = createWorld({ isQuick: true });
  await world.use("a");
  const old = world.model("a");
  await world.residency.unload("a");
  await world.use("a");
  world.residency.lost("a", old);
  expect(world.residency.snapshot()).toMatchObject([{ id: "a", state: "ready" }]);
});

test("unload waits for the running answers; G4: an unknown model is reported as such", async () => {
  const world = createWorld({ pinned: ["a"] });
  const running = await world.ask("a");
  await world.model("a").finishLoad();
  const unloaded = world.residency.unload("a");
  const late = await world.ask("a");
  expect([world.model("a").state, late.state]).toEqual(["ready", "waiting"]);
  await running.release();
  expect(evictions(world)).toEqual(["evicted a asked"]);
  await world.model("a").finishUnload();
  expect(await unloaded).toBe(true);
  expect(world.model("a").state).toBe("loading");
  expect(await world.residency.unload("b")).toBe(false);
});

test("a model that was asked to leave says so, whatever its keep-alive", async () => {
  const world = createWorld({ isQuick: true });
  const running = await world.ask("a", { keepAliveMs: 0 });
  const unloaded = world.residency.unload("a");
  await running.release();
  expect(await unloaded).toBe(true);
  expect(evictions(world)).toEqual(["evicted a asked"]);
});

test("while a model that was asked to leave still answers, an idle one makes room", async () => {
  const world = createWorld({ budgetBytes: 20, isQuick: true });
  await world.ask("a");
  await world.use("b");
  void world.residency.unload("a");
  expect((await world.ask("c")).state).toBe("served");
  expect(evictions(world)).toEqual(["evicted b room"]);
});

test("the room of a pinned model that was asked to leave is waited for", async () => {
  const world = createWorld({ pinned: ["a"], isQuick: true });
  const running = await world.ask("a");
  void world.residency.unload("a");
  const large = await world.ask("b", { bytes: 30 });
  expect(large.state).toBe("waiting");
  await running.release();
  expect(large.state).toBe("served");
});

test("an unload that fails is reported and blocks nobody", async () => {
  const world = createWorld({ budgetBytes: 10 });
  await world.use("a");
  await world.ask("b");
  await world.model("a").failUnload("stuck");
  expect(world.events).toContain("unloadFailed a stuck");
  expect(world.inMemory()).toEqual(["b"]);
});

test("a lease is released once, however often that is said", async () => {
  const world = createWorld();
  const first = await world.ask("a");
  await world.model("a").finishLoad();
  await world.ask("a");
  await first.release();
  await first.release();
  first.lease?.[Symbol.dispose]();
  expect(world.residency.snapshot()[0]?.active).toBe(1);
});

test("what a model really takes is charged from then on", async () => {
  const world = createWorld();
  const running = await world.ask("a", { bytes: 30 });
  await world.model("a").finishLoad();
  const other = await world.ask("b");
  expect(other.state).toBe("waiting");
  world.residency.update("a", { bytes: 15, deviceBytes: 0 });
  expect(world.residency.stats().usedBytes).toBe(25);
  await settle();
  await world.model("b").finishLoad();
  expect([other.state, running.state]).toEqual(["served", "served"]);
});

test("a model that takes more than was thought makes idle ones leave, itself too where it is not alone", async () => {
  const world = createWorld({ isQuick: true });
  for (const id of ["a", "b", "c"]) await world.use(id);
  world.residency.update("c", { bytes: 15, deviceBytes: 0 });
  expect(evictions(world)).toEqual(["evicted a room"]);
  world.residency.update("c", { bytes: 100, deviceBytes: 0 });
  await world.use("c");
  expect(evictions(world)).toEqual(["evicted a room", "evicted b room"]);
});

test("lower limits let models leave as they become idle", async () => {
  const world = createWorld({ isQuick: true });
  const a = await world.ask("a");
  await world.use("b");
  world.residency.setLimits({ budgetBytes: 30, deviceBudgetBytes: 0, maxModels: 1 });
  expect(evictions(world)).toEqual(["evicted b room"]);
  const waiting = await world.ask("b");
  expect(waiting.state).toBe("waiting");
  await a.release();
  expect([waiting.state, evictions(world)]).toEqual(["served", ["evicted b room", "evicted a room"]]);
});

test("stop refuses who waits and who comes, and ends with the last answer", async () => {
  const world = createWorld({ isQuick: true, budgetBytes: 10 });
  const running = await world.ask("a");
  const waiting = await world.ask("b");
  let isStopped = false;
  const stopped = world.residency.stop(new AbortController().signal).then(() => {
    isStopped = true;
  });
  const late = await world.ask("a");
  expect([waiting.error, late.error]).toMatchObject([{ code: "shutting_down" }, { code: "shutting_down" }]);
  expect(isStopped).toBe(false);
  await running.release();
  await stopped;
  expect(world.inMemory()).toEqual([]);
});

test("stop ends answers and loads at the deadline", async () => {
  const world = createWorld();
  await world.ask("a");
  await world.model("a").finishLoad();
  const loading = await world.ask("b");
  const deadline = new AbortController();
  const stopped = world.residency.stop(deadline.signal);
  expect(world.model("b").signal.aborted).toBe(true);
  deadline.abort();
  await world.model("b").failLoad();
  expect(loading.error).toMatchObject({ code: "shutting_down" });
  await world.model("a").finishUnload();
  await stopped;
  expect(world.inMemory()).toEqual([]);
});
