import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type ContextNeeds, planContext } from "./plan-context.ts";

const gib = 2 ** 30;
const needs: ContextNeeds = {
  trainedContextTokens: 32_768,
  vocabularySize: 32_000,
  recurrent: false,
  causal: true,
  kvCellBytes: 16_384,
};

describe("planContext", () => {
  test("gives a context that nobody asked for 8192 tokens and room for some of them at once", () => {
    const plan = planContext(needs, { parallel: 4 }, 64 * gib);
    expect(plan).toEqual({
      kvTokens: 16_384,
      sequenceTokens: 8_192,
      maxSequences: 8,
      batchTokens: 512,
      maxOutputs: 131,
      embedTokens: 8_192,
    });
  });

  test("makes that context smaller where a quarter of the memory does not hold it", () => {
    // A quarter of 256 MiB is 4096 cells of 16 KiB.
    const plan = planContext(needs, { parallel: 4 }, gib / 4);
    expect(plan).toMatchObject({ sequenceTokens: 4_096, kvTokens: 4_096 });
    expect(planContext(needs, { parallel: 4 }, 0)).toMatchObject({ sequenceTokens: 2_048, kvTokens: 2_048 });
  });

  test("keeps a context that was asked for, whatever the memory, up to what the model was trained for", () => {
    expect(planContext(needs, { parallel: 1, contextTokens: 20_000 }, 0)).toMatchObject({
      sequenceTokens: 20_000,
      kvTokens: 20_224,
    });
    expect(planContext(needs, { parallel: 1, contextTokens: 100_000 }, gib).sequenceTokens).toBe(32_768);
  });

  test("takes the number of cells that was asked for, rounded up as llama.cpp does", () => {
    const plan = planContext(needs, { parallel: 4, contextTokens: 4_096, kvTokens: 1_000 }, gib);
    expect(plan).toMatchObject({ kvTokens: 1_024, sequenceTokens: 1_024 });
  });

  test("gives a recurrent model no sequence beyond those that run", () => {
    const recurrent = { ...needs, recurrent: true, kvCellBytes: 0 };
    expect(planContext(recurrent, { parallel: 4 }, gib).maxSequences).toBe(4);
  });

  test("a sequence always fits the cache, and the cache grows with the memory", () => {
    const options = fc.record({ parallel: fc.integer({ min: 1, max: 256 }) });
    const memory = fc.double({ min: 0, max: 2 ** 45, noNaN: true });
    const model = fc.record({
      trainedContextTokens: fc.integer({ min: 0, max: 2 ** 30 }),
      vocabularySize: fc.integer({ min: 0, max: 2 ** 24 }),
      recurrent: fc.boolean(),
      causal: fc.boolean(),
      kvCellBytes: fc.double({ min: 0, max: 2 ** 40, noNaN: true }),
    });
    fc.assert(
      fc.property(model, options, memory, memory, (each, option, left, right) => {
        const less = planContext(each, option, Math.min(left, right));
        const more = planContext(each, option, Math.max(left, right));
        expect(less.sequenceTokens).toBeGreaterThanOrEqual(1);
        expect(less.sequenceTokens).toBeLessThanOrEqual(less.kvTokens);
        expect(less.maxOutputs).toBeGreaterThanOrEqual(less.maxSequences);
        expect(more.kvTokens).toBeGreaterThanOrEqual(less.kvTokens);
        expect(more.sequenceTokens).toBeGreaterThanOrEqual(less.sequenceTokens);
      }),
    );
  });
});
