import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { createEngine, generated, keyOf, range, reference } from "./loop-fixture.ts";

const pirate = [{ name: "pirate", scale: 1 }];
const poet = [{ name: "poet", scale: 1 }];
const machine = { kvTokens: 4000, maxSequences: 12, parallel: 8 };

const idsDone = (events: ReturnType<ReturnType<typeof createEngine>["drain"]>) =>
  events.flatMap((event) => ("event" in event && event.event.type === "done" ? [event.id] : []));
const cachedTokens = (events: ReturnType<ReturnType<typeof createEngine>["drain"]>) =>
  events.flatMap((event) =>
    "event" in event && event.event.type === "done" ? [event.event.usage.cachedTokens] : [],
  );

describe("requests with adapters", () => {
  test("that run at the same time with different ones each get the answer that they would get alone", () => {
    const engine = createEngine(machine);
    const jobs = [undefined, pirate, poet, [...pirate, ...poet], [], pirate].map((adapters, i) =>
      engine.add({ tokens: range(i, 40), maxTokens: 20, ...(adapters && { adapters }) }),
    );
    engine.drain();
    for (const [i, job] of jobs.entries())
      expect(generated(job)).toEqual(reference(range(i, 40), 20, keyOf(job)));
    expect(new Set(jobs.map(keyOf)).size).toBe(4);
  });

  test("share steps with equals: the adapters change far less often than there are steps", () => {
    let changes = 0;
    let nowMs = 0;
    const engine = createEngine({
      ...machine,
      nowMs: () => nowMs,
      onAdapt: () => {
        changes++;
      },
      onDecode: () => {
        nowMs += 10;
      },
    });
    for (let i = 0; i < 8; i++)
      engine.add({ tokens: range(i, 20), maxTokens: 100, adapters: i % 2 === 0 ? pirate : poet });
    let steps = 0;
    for (; engine.loop.hasWork; steps++) engine.loop.step();
    expect(steps).toBeLessThan(250);
    expect(changes).toBeLessThan(steps / 10);
  });

  test("are told apart in the prefix cache, running, idle and parked", () => {
    const engine = createEngine({ kvTokens: 400, maxSequences: 3, parallel: 2 });
    const prompt = range(1, 100);
    engine.add({ tokens: prompt, maxTokens: 4, adapters: pirate });
    engine.loop.step();
    const beside = engine.add({ tokens: [...prompt, 5], maxTokens: 4 });
    const events = engine.drain();
    expect(generated(beside)).toEqual(reference([...prompt, 5], 4));
    expect(cachedTokens(events)).toEqual([0, 0]);
    for (let i = 0; i < 4; i++) engine.add({ tokens: range(40 + i, 150), maxTokens: 5, adapters: poet });
    engine.drain();
    expect(engine.kv.parkedEntries).toBeGreaterThan(0);
    const other = engine.add({
      tokens: [...prompt, 6],
      maxTokens: 4,
      adapters: [{ name: "pirate", scale: 2 }],
    });
    expect(cachedTokens(engine.drain())).toEqual([0]);
    expect(generated(other)).toEqual(reference([...prompt, 6], 4, keyOf(other)));
    const same = engine.add({ tokens: [...prompt, 6], maxTokens: 4, adapters: pirate });
    expect(cachedTokens(engine.drain())).toEqual([100]);
    expect(generated(same)).toEqual(reference([...prompt, 6], 4, keyOf(same)));
  });

  test("reuse what was computed without any where their scale is 0", () => {
    const engine = createEngine(machine);
    engine.add({ tokens: range(1, 100), maxTokens: 2, adapters: [] });
    engine.drain();
    engine.add({ tokens: range(1, 101), maxTokens: 2, adapters: [{ name: "pirate", scale: 0 }] });
    expect(cachedTokens(engine.drain())).toEqual([100]);
  });

  test("do not wait for an endless answer with other adapters", () => {
    const engine = createEngine(machine);
    engine.add({ tokens: range(1, 30), maxTokens: 1500, adapters: pirate });
    for (let i = 0; i < 5; i++) engine.loop.step();
    engine.add({ tokens: range(2, 30), maxTokens: 5, adapters: poet });
    let steps = 0;
    while (!idsDone(engine.loop.takeEvents()).includes(2) && steps < 200) {
      engine.loop.step();
      steps++;
    }
    expect(steps).toBeLessThan(60);
  });

  test("of a batch give way after each step where an interactive one runs with others", () => {
    let nowMs = 0;
    const engine = createEngine({
      ...machine,
      nowMs: () => nowMs,
      onDecode: () => {
        nowMs += 1;
      },
    });
    const batch = engine.add({ tokens: range(1, 20), maxTokens: 400, adapters: pirate, priority: "batch" });
    const interactive = engine.add({ tokens: range(2, 20), maxTokens: 400, adapters: poet });
    for (let i = 0; i < 200; i++) engine.loop.step();
    expect(generated(interactive).length).toBeGreaterThan(10 * generated(batch).length);
    expect(generated(batch).length).toBeGreaterThan(0);
  });

  test("that do not load are refused alone, with the reason", () => {
    const engine = createEngine({ ...machine, brokenAdapters: ["poet.gguf"] });
    const fine = engine.add({ tokens: range(1, 20), maxTokens: 5, adapters: pirate });
    expect(() => engine.add({ tokens: range(1, 20), maxTokens: 5, adapters: poet })).toThrow(
      'the adapter "poet" cannot be used with this model: poet.gguf is broken',
    );
    engine.drain();
    expect(generated(fine)).toEqual(reference(range(1, 20), 5, keyOf(fine)));
  });
});

describe("limits that change while it runs", () => {
  test("a lower number of sequences side by side lets those that run end and admits no others", () => {
    const engine = createEngine({ ...machine, parallel: 4 });
    for (let i = 0; i < 6; i++) engine.add({ tokens: range(i, 20), maxTokens: 10 + 10 * i });
    engine.loop.step();
    expect(engine.scheduler.running.size).toBe(4);
    engine.scheduler.setParallel(1);
    let running = 4;
    while (engine.loop.hasWork) {
      engine.loop.step();
      expect(engine.scheduler.running.size).toBeLessThanOrEqual(Math.max(1, running));
      running = engine.scheduler.running.size;
    }
    expect(idsDone(engine.loop.takeEvents())).toHaveLength(6);
  });

  test("a higher one takes those in that wait", () => {
    const engine = createEngine({ ...machine, parallel: 1 });
    for (let i = 0; i < 3; i++) engine.add({ tokens: range(i, 20), maxTokens: 10 });
    engine.loop.step();
    engine.scheduler.setParallel(3);
    engine.loop.step();
    expect(engine.scheduler.running.size).toBe(3);
    engine.drain();
  });

  test("a smaller budget of parked prefixes is kept at once, the oldest going first", () => {
    const engine = createEngine({ kvTokens: 400, maxSequences: 3, parallel: 1 });
    for (let i = 0; i < 6; i++) {
      engine.add({ tokens: range(i * 13, 120), maxTokens: 2 });
      engine.drain();
    }
    const parked = engine.kv.parkedEntries;
    expect(parked).toBeGreaterThan(2);
    const budget = Math.floor(engine.kv.parkedBytes / 2);
    engine.kv.setMaxParkedBytes(budget);
    expect(engine.kv.parkedBytes).toBeLessThanOrEqual(budget);
    expect(engine.kv.parkedEntries).toBeGreaterThan(0);
    engine.kv.setMaxParkedBytes(0);
    expect(engine.kv.parkedEntries).toBe(0);
    const again = engine.add({ tokens: [...range(0, 120), 1], maxTokens: 3 });
    engine.drain();
    expect(generated(again)).toEqual(reference([...range(0, 120), 1], 3));
  });
});

test("a scale or name that cannot be is an invalid request", () => {
  const engine = createEngine(machine);
  const refusal = (adapters: { name: string; scale: number }[]): AppError => {
    try {
      engine.add({ tokens: [1, 2], maxTokens: 1, adapters });
    } catch (error) {
      if (error instanceof AppError) return error;
    }
    throw new Error("it was not refused");
  };
  expect(refusal([{ name: "robot", scale: 1 }]).message).toBe(
    'adapters: there is no adapter "robot"; there are: formal, pirate, poet',
  );
  for (const scale of [Number.NaN, Number.POSITIVE_INFINITY, 101, -101])
    expect(refusal([{ name: "poet", scale }]).message).toContain("from -100 to 100");
  expect(refusal([...poet, ...poet]).message).toContain("twice");
  expect(refusal(Array.from({ length: 17 }, () => ({ name: "poet", scale: 1 }))).message).toContain(
    "at most 16",
  );
  for (const adapters of [[{ name: "robot", scale: 1 }], [{ name: "poet", scale: 101 }]])
    expect(refusal(adapters).code).toBe("invalid_request");
});
