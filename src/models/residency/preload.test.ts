import { expect, test } from "bun:test";
import { orderPreloads, type PreloadStrategy } from "./preload-order.ts";
import { createWorld, plainDemand, settle } from "./residency-world.fixture.ts";

const signal = new AbortController().signal;
const wanted = (...ids: string[]) => ids.map((id) => ({ id, demand: plainDemand }));

/** The scores of each strategy put these in another order. */
const records = [
  { id: "a", bytes: 900e6, uses: 1 },
  { id: "b", bytes: 100e6, uses: 2, lastUsedAtMs: 0 },
  { id: "c", bytes: 500e6, uses: 9, lastUsedAtMs: 900_000 },
];
const orders: Readonly<Record<PreloadStrategy, readonly string[]>> = {
  sequential: ["a", "b", "c"],
  frequency: ["c", "b", "a"],
  recency: ["c", "a", "b"],
  size: ["b", "c", "a"],
};
for (const strategy of ["sequential", "frequency", "recency", "size"] as const) {
  test(`G3: preload by ${strategy} loads ${orders[strategy].join(", ")}`, async () => {
    const world = createWorld({ isQuick: true });
    const order = orderPreloads(records, strategy, 1_000_000).map(({ id }) => id);
    await world.residency.preload(wanted(...order), { maxModels: 3, signal });
    expect(world.models.map(({ id }) => id)).toEqual([...orders[strategy]]);
    expect(world.residency.stats()).toMatchObject({ preloads: 3, hits: 0, misses: 0 });
  });
}

test("preload stops at the cap", async () => {
  const world = createWorld({ isQuick: true });
  const result = await world.residency.preload(wanted("a", "b", "c"), { maxModels: 2, signal });
  expect(result).toEqual({ loaded: ["a", "b"], failed: [], left: ["c"] });
});

test("preload stops at the first that does not fit, and lets nobody leave", async () => {
  const world = createWorld({ isQuick: true });
  await world.use("x");
  const large = { id: "large", demand: { ...plainDemand, bytes: 15 } };
  const result = await world.residency.preload([...wanted("a"), large, ...wanted("b")], {
    maxModels: 9,
    signal,
  });
  expect(result).toEqual({ loaded: ["a"], failed: [], left: ["large", "b"] });
  expect(world.inMemory()).toEqual(["x", "a"]);
});

test("preload goes on after a model that fails, and passes over one that is there", async () => {
  const world = createWorld();
  await world.use("x");
  const done = world.residency.preload(wanted("broken", "x", "a"), { maxModels: 9, signal });
  await settle();
  await world.model("broken").failLoad("bad file");
  await world.model("a").finishLoad();
  expect(await done).toEqual({ loaded: ["a"], failed: [{ id: "broken", error: "bad file" }], left: [] });
});

test("preload ends when it is aborted", async () => {
  const world = createWorld();
  const controller = new AbortController();
  const done = world.residency.preload(wanted("a", "b"), { maxModels: 9, signal: controller.signal });
  await settle();
  controller.abort();
  await world.model("a").finishLoad();
  expect(await done).toEqual({ loaded: ["a"], failed: [], left: ["b"] });
});

test("a request joins a model that is being preloaded", async () => {
  const world = createWorld();
  const done = world.residency.preload(wanted("a"), { maxModels: 9, signal });
  await settle();
  const asked = await world.ask("a");
  await world.model("a").finishLoad();
  expect([asked.state, (await done).loaded]).toEqual(["served", ["a"]]);
  expect(world.models).toHaveLength(1);
});

test("a request that needs the room of a model that is being preloaded gets it", async () => {
  const world = createWorld({ budgetBytes: 10 });
  const done = world.residency.preload(wanted("a", "b"), { maxModels: 9, signal });
  await settle();
  await world.ask("c");
  await world.model("a").failLoad("ended");
  expect(await done).toEqual({ loaded: [], failed: [{ id: "a", error: "ended" }], left: ["b"] });
  expect(world.inMemory()).toEqual(["c"]);
});
