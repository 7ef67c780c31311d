import { describe, expect, test } from "bun:test";
import { createFakeBackend } from "../../testing/fake-backend.ts";
import { calibrateNext } from "./calibrate.ts";
import { CostTable } from "./cost-table.ts";
import { KvCache } from "./kv-cache.ts";

function createDeps(options: { readonly kvTokens: number; readonly stepMs: (size: number) => number }) {
  let nowMs = 0;
  const backend = createFakeBackend({
    kvTokens: options.kvTokens,
    maxSequences: 16,
    onDecode: (batch) => {
      nowMs += options.stepMs(batch.size);
    },
  });
  const kv = new KvCache(backend, { maxParkedBytes: 0 });
  return { backend, kv, costs: new CostTable(), nowMs: () => nowMs };
}

function calibrateAll(deps: ReturnType<typeof createDeps>): number {
  let rounds = 0;
  while (calibrateNext(deps, 8)) if (++rounds > 100) throw new Error("calibration does not come to an end");
  return rounds;
}

describe("calibration", () => {
  test("measures each batch size up to the parallel limit once and leaves no cell behind", () => {
    const deps = createDeps({ kvTokens: 100, stepMs: (size) => 10 + size });
    expect(calibrateAll(deps)).toBe(6);
    expect(deps.costs.decodeMs(8)).toBe(18);
    expect(deps.backend.usedCells()).toBe(0);
    expect(deps.kv.freeSequences).toBe(16);
  });

  test("goes no further than a step that a request would not like to wait for", () => {
    const deps = createDeps({ kvTokens: 100, stepMs: (size) => size * 200 });
    calibrateAll(deps);
    expect(deps.costs.isMeasured(2)).toBe(true);
    expect(deps.costs.isMeasured(3)).toBe(false);
  });

  test("gives up while the cache is full", () => {
    const deps = createDeps({ kvTokens: 2, stepMs: () => 1 });
    calibrateAll(deps);
    expect(deps.costs.isMeasured(8)).toBe(false);
  });
});
