import { describe, expect, test } from "bun:test";
import { describeFile, type ModelRecord } from "../models/index.ts";
import { demoModelPath } from "../testing/index.ts";
import { createLoadPlanner, type PlannerOptions } from "./load-planner.ts";

const mib = 2 ** 20;
const record = describeFile(demoModelPath, { name: "demo", source: "file" });

function plan(
  { deviceMib = 0, ...changes }: Partial<PlannerOptions> & { readonly deviceMib?: number } = {},
  contextTokens?: number,
  model: ModelRecord = record,
) {
  const planner = createLoadPlanner({
    residency: {
      budgetBytes: 1024 * mib,
      deviceBudgetBytes: deviceMib * mib,
      maxModels: 4,
      policy: "lru",
      keepAliveMs: 0,
      keepAlives: new Map(),
      pinned: [],
      priorities: new Map(),
    },
    libraryDir: "/lib",
    parallel: 4,
    kvType: "f16",
    gpuLayers: -1,
    hasGpu: deviceMib > 0,
    prefixCacheBytes: 0,
    ...changes,
  });
  return planner.plan(model, contextTokens);
}

test("the host is started with the context that was charged", () => {
  const { demand, host, estimate } = plan({ contextTokens: 512 });
  expect(host.load.context).toEqual(estimate.plan);
  expect(demand).toMatchObject({ contextTokens: 512, deviceBytes: 0, bytes: estimate.hostBytes });
});

test("a longer context takes more, a shorter one than usual is no other load", () => {
  const usual = plan({ contextTokens: 512 });
  expect(plan({ contextTokens: 512 }, 2048).demand.bytes).toBeGreaterThan(usual.demand.bytes);
  expect(plan({ contextTokens: 512 }, 64).demand).toEqual(usual.demand);
});

test("a host that takes far more than was planned is ended before it takes the machine", () => {
  const { host, estimate } = plan();
  expect(host.memoryLimitBytes).toBeGreaterThan(estimate.totalBytes);
  expect(host.memoryLimitBytes).toBeLessThan(2 * estimate.totalBytes + 1024 * mib + 1);
  expect(plan({ memoryLimitBytes: 300 * mib }).host.memoryLimitBytes).toBe(300 * mib);
});

test("PARAMETERs of the model hold where the user has set nothing", () => {
  const own = { ...record, digest: "other", settings: { parameters: { num_ctx: 256, num_thread: 1 } } };
  expect(plan({}, undefined, own).demand.contextTokens).toBe(256);
  expect(plan({}, undefined, own).host.load.threads).toBe(1);
  expect(plan({ contextTokens: 1024 }, undefined, own).demand.contextTokens).toBe(1024);
});

describe("with a GPU", () => {
  test("that is large all layers are tried first", () => {
    const { host, demand, estimate } = plan({ deviceMib: 8192 });
    expect(host.load.firstGpuLayers).toBe(estimate.layers + 1);
    expect(demand.deviceBytes).toBeGreaterThan(0);
  });

  test("that is too small for all, fewer are, and never more than the budget is charged", () => {
    const whole = plan({ deviceMib: 8192 }).demand.deviceBytes / mib;
    const { host, demand, estimate } = plan({ deviceMib: whole });
    expect(host.load.firstGpuLayers).toBeLessThan(estimate.layers + 1);
    expect(demand.deviceBytes).toBeLessThanOrEqual(whole * mib);
    expect(plan({ deviceMib: 1 }).host.load.firstGpuLayers).toBe(0);
  });

  test("a wish for fewer layers is kept", () => {
    expect(plan({ deviceMib: 8192, gpuLayers: 2 }).host.load.firstGpuLayers).toBe(2);
  });
});
