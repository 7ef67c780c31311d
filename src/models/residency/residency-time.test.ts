import { expect, test } from "bun:test";
import { createWorld, type World } from "./residency-world.fixture.ts";

const forever = Number.POSITIVE_INFINITY;
const expired = ({ events }: World) => events.filter((event) => event.endsWith("expired"));

test("an idle model leaves when its time is over, counted from its last answer", async () => {
  const world = createWorld({ keepAliveMs: 5000, isQuick: true });
  const running = await world.ask("a");
  world.clock.advance(60_000);
  expect(world.residency.snapshot()[0]?.expiresAtMs).toBeUndefined();
  await running.release();
  expect(world.residency.snapshot()[0]?.expiresAtMs).toBe(66_000);
  world.clock.advance(4999);
  expect(expired(world)).toEqual([]);
  world.clock.advance(1);
  expect(expired(world)).toEqual(["evicted a expired"]);
});

test("a request in time starts it anew", async () => {
  const world = createWorld({ keepAliveMs: 5000, isQuick: true });
  await world.use("a");
  world.clock.advance(4000);
  await world.use("a");
  world.clock.advance(4000);
  expect(world.inMemory()).toEqual(["a"]);
  expect(world.clock.pending).toBe(1);
});

test("a keep-alive of 0 lets the model leave with its last answer", async () => {
  const world = createWorld({ isQuick: true });
  const [first, second] = [await world.ask("a"), await world.ask("a", { keepAliveMs: 0 })];
  await second.release();
  expect(expired(world)).toEqual([]);
  await first.release();
  expect(expired(world)).toEqual(["evicted a expired"]);
});

test("the keep-alive of the last request counts; a request without one leaves it as it is", async () => {
  const world = createWorld({ keepAliveMs: 1000, isQuick: true });
  await world.use("a", { keepAliveMs: 9000 });
  await world.use("a");
  expect(world.residency.snapshot()[0]?.expiresAtMs).toBe(10_000);
  await world.use("a", { keepAliveMs: forever });
  world.clock.advance(10 ** 12);
  expect(world.inMemory()).toEqual(["a"]);
  expect(world.clock.pending).toBe(0);
});

test("kept models stay when idle and still make room", async () => {
  const world = createWorld({
    keepAliveMs: 1000,
    keepAlives: new Map([["a", Number.POSITIVE_INFINITY]]),
    budgetBytes: 10,
    isQuick: true,
  });
  await world.use("a");
  world.clock.advance(10 ** 9);
  expect(world.inMemory()).toEqual(["a"]);
  await world.use("b");
  expect(world.inMemory()).toEqual(["b"]);
});

test("a time longer than a timer can wait is waited for in full", async () => {
  const world = createWorld({ isQuick: true });
  await world.use("a", { keepAliveMs: 2 ** 33 });
  world.clock.advance(2 ** 33 - 1);
  expect(expired(world)).toEqual([]);
  world.clock.advance(1);
  expect(expired(world)).toEqual(["evicted a expired"]);
});

test("a model that left for another reason leaves no timer behind", async () => {
  const world = createWorld({ keepAliveMs: 1000, isQuick: true });
  await world.use("a");
  await world.residency.unload("a");
  await world.use("b");
  await world.model("b").die();
  expect(world.clock.pending).toBe(0);
});

test("a model that nobody waited for at the end of its load expires like any other", async () => {
  const world = createWorld({ keepAliveMs: 1000 });
  await (await world.ask("a")).abort();
  await world.model("a").finishLoad();
  world.clock.advance(1000);
  expect(expired(world)).toEqual(["evicted a expired"]);
});
