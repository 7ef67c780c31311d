import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { AdapterUse } from "../../contract/index.ts";
import { createEngine, generated, keyOf, range, reference } from "./loop-fixture.ts";

describe("the loop", () => {
  test("gives each of many requests the answer that it would get alone", () => {
    const engine = createEngine({ kvTokens: 4000, maxSequences: 12, parallel: 8 });
    const prompts = Array.from({ length: 20 }, (_, i) => range(i * 7, 30 + i));
    const jobs = prompts.map((tokens) => engine.add({ tokens, maxTokens: 12 }));
    engine.drain();
    for (const [i, job] of jobs.entries()) expect(generated(job)).toEqual(reference(prompts[i] ?? [], 12));
  });

  test("evaluates a start that requests share once, even when they come together", () => {
    let evaluated = 0;
    const engine = createEngine({
      kvTokens: 4000,
      maxSequences: 20,
      parallel: 8,
      onDecode: (batch) => {
        evaluated += batch.size;
      },
    });
    const system = range(3, 300);
    const jobs = Array.from({ length: 8 }, (_, i) =>
      engine.add({ tokens: [...system, i, i + 1], maxTokens: 4 }),
    );
    engine.drain();
    for (const [i, job] of jobs.entries())
      expect(generated(job)).toEqual(reference([...system, i, i + 1], 4));
    expect(evaluated).toBeLessThan(300 + 8 * 10);
  });

  test("evaluates the prompt once for several choices", () => {
    let evaluated = 0;
    const engine = createEngine({
      kvTokens: 4000,
      maxSequences: 8,
      parallel: 4,
      onDecode: (batch) => {
        evaluated += batch.size;
      },
    });
    engine.add({ tokens: range(5, 200), maxTokens: 3, choices: 4 });
    engine.drain();
    expect(evaluated).toBeLessThan(200 + 4 * 4);
  });

  test("reuses a conversation's start on its next turn and says so", () => {
    const engine = createEngine({ kvTokens: 1000, maxSequences: 4, parallel: 2 });
    const first = engine.add({ tokens: range(1, 100), maxTokens: 10 });
    engine.drain();
    const next = [...range(1, 100), ...generated(first), 7, 8, 9];
    engine.add({ tokens: next, maxTokens: 2 });
    const done = engine.drain().find((event) => "event" in event && event.event.type === "done");
    expect(done).toMatchObject({ event: { usage: { promptTokens: 113, cachedTokens: 109 } } });
  });

  test("finds a parked conversation again after others took its place", () => {
    const engine = createEngine({ kvTokens: 400, maxSequences: 3, parallel: 2 });
    engine.add({ tokens: range(1, 150), maxTokens: 5 });
    engine.drain();
    for (let i = 0; i < 4; i++) engine.add({ tokens: range(40 + i, 150), maxTokens: 5 });
    engine.drain();
    expect(engine.kv.parkedEntries).toBeGreaterThan(0);
    const again = engine.add({ tokens: [...range(1, 150), 5], maxTokens: 3 });
    const done = engine.drain().find((event) => "event" in event && event.event.type === "done");
    expect(generated(again)).toEqual(reference([...range(1, 150), 5], 3));
    expect(done).toMatchObject({ event: { usage: { cachedTokens: 150 } } });
  });

  test("lets a request wait, with its work kept, when the cache runs full, and finishes it", () => {
    const engine = createEngine({ kvTokens: 260, maxSequences: 6, parallel: 4, sequenceTokens: 200 });
    const jobs = Array.from({ length: 4 }, (_, i) =>
      engine.add({ tokens: range(i * 11, 40), maxTokens: 120 }),
    );
    engine.drain();
    for (const [i, job] of jobs.entries()) expect(generated(job)).toEqual(reference(range(i * 11, 40), 120));
  });

  test("answers interactive requests before batch ones that came earlier", () => {
    const engine = createEngine({ kvTokens: 1000, maxSequences: 3, parallel: 1 });
    const batch = engine.add({ tokens: range(1, 60), maxTokens: 20, priority: "batch" });
    engine.loop.step();
    engine.add({ tokens: range(9, 20), maxTokens: 3 });
    const finished = engine
      .drain()
      .flatMap((event) => ("event" in event && event.event.type === "done" ? [event.id] : []));
    expect(finished).toEqual([2, 1]);
    expect(generated(batch)).toEqual(reference(range(1, 60), 20));
  });

  test("serves two keys in turn although one of them asked for everything first", () => {
    const engine = createEngine({ kvTokens: 2000, maxSequences: 3, parallel: 1 });
    for (let i = 0; i < 6; i++) engine.add({ tokens: range(i * 9, 50), maxTokens: 5, tenant: "greedy" });
    engine.add({ tokens: range(80, 50), maxTokens: 5, tenant: "modest" });
    const finished = engine
      .drain()
      .flatMap((event) => ("event" in event && event.event.type === "done" ? [event.id] : []));
    expect(finished.indexOf(7)).toBeLessThanOrEqual(2);
  });

  test("a failing step fails the requests in it, names the cause, and leaves the others alone", () => {
    let fail = true;
    const engine = createEngine({
      kvTokens: 1000,
      maxSequences: 3,
      parallel: 1,
      onDecode: () => {
        if (fail) throw new Error("the graph broke");
      },
    });
    engine.add({ tokens: range(1, 20), maxTokens: 2 });
    const other = engine.add({ tokens: range(2, 20), maxTokens: 2 });
    engine.loop.step();
    fail = false;
    const events = engine.drain();
    expect(events.find((event) => "error" in event)).toMatchObject({
      id: 1,
      error: { message: "the graph broke" },
    });
    expect(generated(other)).toEqual(reference(range(2, 20), 2));
  });

  test("a step that found no space or failed teaches nothing about what steps cost", () => {
    const engine = createEngine({ kvTokens: 260, maxSequences: 6, parallel: 4, sequenceTokens: 200 });
    for (let i = 0; i < 4; i++) engine.add({ tokens: range(i * 11, 40), maxTokens: 120 });
    const steps = [];
    while (engine.loop.hasWork) steps.push(engine.loop.step());
    const idle = steps.filter((step) => step?.decoded === 0 && step.prefilled === 0);
    expect(idle.length).toBeGreaterThan(0);
  });

  test("a cancelled request leaves within the step and its cells are free", () => {
    const engine = createEngine({ kvTokens: 300, maxSequences: 3, parallel: 2, maxParkedBytes: 0 });
    const job = engine.add({ tokens: range(1, 100), maxTokens: 100, cachePrompt: false });
    engine.loop.step();
    engine.loop.cancel(job);
    expect(engine.loop.hasWork).toBe(false);
    expect(engine.scheduler.running.size).toBe(0);
  });

  test("a model whose memory cannot be cut reuses whole sequences only, and still answers right", () => {
    const engine = createEngine({ kvTokens: 1000, maxSequences: 4, parallel: 2, canTrim: false });
    const first = engine.add({ tokens: range(1, 60), maxTokens: 10 });
    engine.drain();
    const longer = [...range(1, 60), ...generated(first), 3];
    const extended = engine.add({ tokens: longer, maxTokens: 4 });
    const edited = engine.add({ tokens: [...range(1, 50), 96, 95], maxTokens: 4 });
    engine.drain();
    expect(generated(extended)).toEqual(reference(longer, 4));
    expect(generated(edited)).toEqual(reference([...range(1, 50), 96, 95], 4));
  });

  test("whatever comes, in whatever order, is answered right, and no cell is lost or counted twice", () => {
    const ask = fc.record({
      stem: fc.integer({ min: 0, max: 3 }),
      tail: fc.array(fc.integer({ min: 0, max: 96 }), { minLength: 1, maxLength: 20 }),
      maxTokens: fc.integer({ min: 1, max: 30 }),
      tenant: fc.constantFrom("a", "b"),
      priority: fc.constantFrom("interactive" as const, "batch" as const),
      adapters: fc.constantFrom<readonly AdapterUse[]>(
        [],
        [{ name: "pirate", scale: 1 }],
        [{ name: "pirate", scale: 0.5 }],
        [
          { name: "formal", scale: 1 },
          { name: "pirate", scale: 1 },
        ],
      ),
      stepsBefore: fc.integer({ min: 0, max: 6 }),
      cancelLater: fc.boolean(),
    });
    const machine = fc.record({
      kvTokens: fc.integer({ min: 160, max: 700 }),
      parallel: fc.integer({ min: 1, max: 5 }),
      spare: fc.integer({ min: 0, max: 4 }),
      canTrim: fc.boolean(),
      maxParkedBytes: fc.constantFrom(0, 2000, 1 << 20),
    });
    fc.assert(
      fc.property(
        machine,
        fc.array(ask, { minLength: 1, maxLength: 14 }),
        ({ parallel, spare, ...rest }, asks) => {
          const engine = createEngine({
            ...rest,
            parallel,
            maxSequences: parallel + spare,
            sequenceTokens: 150,
            batchTokens: 64,
          });
          const jobs = asks.map(({ stem, tail, stepsBefore, cancelLater, ...options }) => {
            for (let i = 0; i < stepsBefore; i++) engine.loop.step();
            const tokens = [...range(stem * 20, stem * 30), ...tail];
            return {
              job: engine.add({ tokens, ...options }),
              tokens,
              cancelLater,
              maxTokens: options.maxTokens,
            };
          });
          for (const { job, cancelLater } of jobs) if (cancelLater) engine.loop.cancel(job);
          engine.drain();
          for (const { job, tokens, cancelLater, maxTokens } of jobs) {
            const expected = reference(tokens, maxTokens, keyOf(job));
            expect(generated(job)).toEqual(cancelLater ? expected.slice(0, generated(job).length) : expected);
          }
          expect(engine.kv.usedTokens).toBeGreaterThanOrEqual(engine.backend.usedCells());
        },
      ),
      { numRuns: 300 },
    );
  });
});
