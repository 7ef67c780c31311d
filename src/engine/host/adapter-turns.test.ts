import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createEngine, range } from "./loop-fixture.ts";

/** Runs steps of `stepMs` and returns which set of adapters each was for. */
function turnsOf(
  asks: readonly {
    readonly scale: number;
    readonly tokens: number;
    readonly priority: "interactive" | "batch";
  }[],
  stepMs: number,
  steps: number,
): string[] {
  let nowMs = 0;
  let current = "";
  const turns: string[] = [];
  const engine = createEngine({
    kvTokens: 60_000,
    maxSequences: 16,
    parallel: asks.length,
    sequenceTokens: 20_000,
    nowMs: () => nowMs,
    onAdapt: ({ key }) => {
      current = key;
    },
    onDecode: () => {
      nowMs += stepMs;
      turns.push(current);
    },
  });
  for (const { scale, tokens, priority } of asks)
    engine.add({
      tokens: range(1, tokens),
      maxTokens: 15_000,
      adapters: [{ name: "poet", scale }],
      priority,
    });
  for (let i = 0; i < steps; i++) engine.loop.step();
  return turns;
}

function longestWait(turns: readonly string[], key: string): number {
  let longest = 0;
  let waited = 0;
  for (const turn of turns) {
    waited = turn === key ? 0 : waited + 1;
    longest = Math.max(longest, waited);
  }
  return longest;
}

describe("turns of adapters", () => {
  test("last about a fifth of a second each where steps are quick", () => {
    const asks = [1, 2].map((scale) => ({ scale, tokens: 5, priority: "interactive" as const }));
    const turns = turnsOf(asks, 10, 200);
    const changes = turns.filter((turn, i) => i > 0 && turn !== turns[i - 1]).length;
    expect(changes).toBeGreaterThanOrEqual(8);
    expect(changes).toBeLessThanOrEqual(11);
  });

  test("one set alone keeps all steps", () => {
    const asks = [1, 1, 1].map((scale) => ({ scale, tokens: 5, priority: "interactive" as const }));
    expect(new Set(turnsOf(asks, 10, 100)).size).toBe(1);
  });

  test("no set waits longer than all others' turns, whatever runs and however long steps take", () => {
    const ask = fc.record({
      scale: fc.integer({ min: 1, max: 5 }),
      tokens: fc.integer({ min: 1, max: 400 }),
      priority: fc.constantFrom("interactive" as const, "batch" as const),
    });
    fc.assert(
      fc.property(
        fc.array(ask, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 500 }),
        (asks, stepMs) => {
          const turns = turnsOf(asks, stepMs, 400);
          const sets = new Set(turns);
          expect(sets.size).toBe(new Set(asks.map(({ scale }) => scale)).size);
          for (const key of sets) expect(longestWait(turns, key)).toBeLessThanOrEqual((sets.size - 1) * 32);
        },
      ),
      { numRuns: 60 },
    );
  });
});
