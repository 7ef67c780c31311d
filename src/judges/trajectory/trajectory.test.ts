import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import { createFakeEngine, type FakeEngineOptions, waitUntil } from "../../testing/index.ts";
import { parseTrajectoryConfig } from "./config.ts";
import { createTrajectory } from "./trajectory.ts";
import { toAnalysisBody } from "./trajectory-body.ts";
import { createGround } from "./trajectory-fixture.ts";

const signal = new AbortController().signal;
const config = (fields: object = {}) => parseTrajectoryConfig(fields);

function createFake(options: FakeEngineOptions = {}) {
  const engine = createFakeEngine({ models: ["hearth-demo"], ...options });
  const ground = createGround(engine);
  return { engine, ground, trajectory: createTrajectory(ground.deps) };
}

test("an answer is measured token by token from the raw distribution", async () => {
  const { engine, ground, trajectory } = createFake();
  await using _ = ground;
  const analysis = await trajectory.analyze({ prompt: "hello", config: config({ seed: 3 }) }, signal);
  expect(analysis).toMatchObject({ text: " alpha beta gamma delta", generatedTokens: 4, isCached: false });
  expect(analysis.record.measured?.canonical.perplexity).toBeCloseTo(Math.exp(0.5), 12);
  expect(engine.requests[0]).toMatchObject({
    ...{ topLogprobs: 10, entropy: true, maxTokens: 150, sampling: { temperature: 0.7, seed: 3 } },
    input: { type: "chat", messages: [{ role: "user", content: "hello" }] },
  });
});

test("a model without a chat template goes on with the prompt as it is", async () => {
  const { engine, ground, trajectory } = createFake({ capabilities: { chat: false } });
  await using _ = ground;
  await trajectory.analyze({ prompt: "Once upon", config: config() }, signal);
  expect(engine.requests[0]?.input).toEqual({ type: "text", text: "Once upon" });
});

describe("what cannot be analysed is refused before a model works", () => {
  test.each([
    ["an empty prompt", "  \n", "prompt: it is empty"],
    ["a prompt of 10,001 characters", "a".repeat(10_001), "it has 10001 characters, and 10000 are the most"],
    ["a prompt of 10 MB", "a".repeat(10 * 2 ** 20), "10000 are the most"],
  ])("%s", async (_name, prompt, message) => {
    const { engine, ground, trajectory } = createFake();
    await using _ = ground;
    const analyzing = trajectory.analyze({ prompt, config: config() }, signal);
    await expect(analyzing).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining(message),
    });
    expect(engine.requests).toHaveLength(0);
  });

  test("a prompt of exactly 10,000 characters is taken", async () => {
    const { ground, trajectory } = createFake({ contextTokens: 20_000 });
    await using _ = ground;
    const prompt = "a".repeat(10_000);
    expect((await trajectory.analyze({ prompt, config: config() }, signal)).generatedTokens).toBe(4);
  });

  test("a model that writes no text", async () => {
    const { ground, trajectory } = createFake({ capabilities: { generate: false } });
    await using _ = ground;
    const analyzing = trajectory.analyze({ prompt: "x", config: config() }, signal);
    await expect(analyzing).rejects.toThrow("hearth-demo makes embeddings and no text");
  });
});

test("a config of which nothing is said", () => {
  expect(config()).toEqual({
    ...{ bars: {}, surpriseProbability: 0.1, maxNewTokens: 150, temperature: 0.7, topK: 10 },
  });
});

test("config fields that are unknown or out of range are named", () => {
  expect(() => config({ temprature: 0 })).toThrow("temprature");
  expect(() => config({ top_k: 1 })).toThrow("config.top_k");
  expect(() => config({ entropy_threshold: 2.5 })).toThrow("config.entropy_threshold");
});

test("a generation that takes longer than 30 seconds is stopped while it runs, with what was measured", async () => {
  const { engine, ground, trajectory } = createFake({
    script: () => [{ text: "one" }, { text: " two" }, { until: new Promise(() => {}) }, { text: " three" }],
  });
  await using _ = ground;
  const analyzing = trajectory.analyze({ prompt: "x", config: config() }, signal);
  const failure = analyzing.catch((error: unknown) => error);
  await waitUntil("the deadline is set", () => ground.sleeps.length > 0);
  expect(ground.sleeps).toEqual([30_000]);
  // Two tokens come before the script waits.
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  ground.wakeAll();
  expect(await failure).toMatchObject({
    code: "generation_timeout",
    details: { timeout_ms: 30_000, generated_tokens: 2, retry_after: 2 },
  });
  expect(engine.running).toBe(0);
});

test("a caller that leaves is no timeout", async () => {
  const controller = new AbortController();
  const { ground, trajectory } = createFake({ script: () => [{ until: new Promise(() => {}) }] });
  await using _ = ground;
  const analyzing = trajectory.analyze({ prompt: "x", config: config() }, controller.signal);
  const failure = analyzing.catch((error: unknown) => error);
  await waitUntil("the deadline is set", () => ground.sleeps.length > 0);
  controller.abort(new AppError("cancelled", "gone"));
  expect(await failure).toMatchObject({ code: "cancelled" });
});

test("a model that dies while it answers is an error, not a result", async () => {
  const fail = new AppError("host_died", "the engine host died");
  const { ground, trajectory } = createFake({ script: () => [{ text: "one" }, { fail }] });
  await using _ = ground;
  const request = { prompt: "x", config: config({ temperature: 0 }) };
  await expect(trajectory.analyze(request, signal)).rejects.toBe(fail);
  await expect(trajectory.analyze(request, signal)).rejects.toBe(fail);
});

describe("a backend without token probabilities", () => {
  test("leaves the gate unavailable", async () => {
    const { ground } = createFake();
    await using _ = ground;
    const { generate } = ground.deps;
    const trajectory = createTrajectory({
      ...ground.deps,
      generate: ({ topLogprobs: _, ...request }: GenerateRequest, ending) => generate(request, ending),
    });
    const analysis = await trajectory.analyze({ prompt: "x", config: config() }, signal);
    expect(analysis.record.gate).toMatchObject({ status: "unavailable" });
    const body = toAnalysisBody(analysis);
    expect(body).toMatchObject({
      generated_text: " alpha beta gamma delta",
      gate: { status: "unavailable" },
    });
    expect(body).not.toHaveProperty("perplexity");
    expect(body).not.toHaveProperty("legacy");
  });
});

describe("results that are kept", () => {
  test("a greedy run is served again, and says so", async () => {
    const { engine, ground, trajectory } = createFake();
    await using _ = ground;
    const request = { prompt: "x", config: config({ temperature: 0 }) };
    const first = await trajectory.analyze(request, signal);
    const again = await trajectory.analyze(request, signal);
    expect(again).toEqual({ ...first, isCached: true });
    expect(engine.requests).toHaveLength(1);
  });

  test("a sampled run never is, whatever its seed", async () => {
    const { engine, ground, trajectory } = createFake();
    await using _ = ground;
    const request = { prompt: "x", config: config({ seed: 1 }) };
    for (let run = 0; run < 3; run++) {
      expect((await trajectory.analyze(request, signal)).isCached).toBe(false);
    }
    expect(engine.requests).toHaveLength(3);
  });

  test("another threshold, width, length or prompt is another run", async () => {
    const { engine, ground, trajectory } = createFake();
    await using _ = ground;
    const fields = [{}, { perplexity_threshold: 1.5 }, { top_k: 5 }, { max_new_tokens: 3 }, { seed: 9 }];
    for (const given of fields) {
      await trajectory.analyze({ prompt: "x", config: config({ temperature: 0, ...given }) }, signal);
    }
    await trajectory.analyze({ prompt: "y", config: config({ temperature: 0 }) }, signal);
    expect(engine.requests).toHaveLength(6);
  });
});

describe("a batch", () => {
  test("does one item after the other, each with its share of the time", async () => {
    const { engine, ground, trajectory } = createFake({ queueLimit: 1 });
    await using _ = ground;
    const items = ["a", "b", "c"].map((prompt) => ({ prompt, config: config() }));
    const results = await trajectory.analyzeBatch(items, signal);
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(ground.sleeps).toEqual([20_000, 20_000, 20_000]);
    expect(engine.requests).toHaveLength(3);
  });

  test("goes on after an item that fails", async () => {
    const { ground, trajectory } = createFake();
    await using _ = ground;
    const items = ["", "b"].map((prompt) => ({ prompt, config: config() }));
    const [first, second] = await trajectory.analyzeBatch(items, signal);
    expect(first).toMatchObject({ ok: false, error: { code: "invalid_request" } });
    expect(second).toMatchObject({ ok: true });
  });

  test("stops as a whole when the caller leaves", async () => {
    const controller = new AbortController();
    const { engine, ground, trajectory } = createFake({
      script: () => {
        controller.abort(new AppError("cancelled", "gone"));
        return [{ text: "x" }];
      },
    });
    await using _ = ground;
    const items = ["a", "b"].map((prompt) => ({ prompt, config: config() }));
    await expect(trajectory.analyzeBatch(items, controller.signal)).rejects.toThrow("gone");
    expect(engine.requests).toHaveLength(1);
  });

  test("of none or too many items is refused", async () => {
    const { ground, trajectory } = createFake();
    await using _ = ground;
    await expect(trajectory.analyzeBatch([], signal)).rejects.toThrow("expected from 1 to 100, got 0");
  });
});

test("the wire form has the canonical figures at the top and the earlier ones in legacy", async () => {
  const { ground, trajectory } = createFake();
  await using _ = ground;
  const body = toAnalysisBody(await trajectory.analyze({ prompt: "x", config: config() }, signal));
  expect(JSON.parse(JSON.stringify(body))).toMatchObject({
    ...{ model_name: "hearth-demo", prompt: "x", generation_steps: 4, timestamp: "2026-01-01T00:00:00.000Z" },
    ...{ perplexity: expect.any(Number), surprise_rate: 0, entropy_statistic: expect.any(Number) },
    definition_version: "trajectory-1",
    gate: { status: "passed", advisory: true },
    thresholds: { perplexity_threshold: 50, entropy_threshold: 0.85, surprise_threshold: 0.067 },
    config: { temperature: 0.7, top_k: 10, max_new_tokens: 150, seed: null },
    metrics: [{ token: " alpha", top: expect.any(Array) }, {}, {}, {}],
    legacy: {
      passed_quality_check: true,
      entropy_threshold: 2.5,
      metrics: [{ logit_gap: expect.any(Number) }, {}, {}, {}],
    },
  });
});

test("calibrated bars hold for figures that were measured as they were, and others only advise", async () => {
  const { ground, trajectory } = createFake();
  await using _ = ground;
  const examples = [true, false].flatMap((pass) =>
    Array.from({ length: 10 }, () => ({
      ...{ perplexity: pass ? 2 : 30, entropy_statistic: 0.5, surprise_rate: 0.1, pass },
    })),
  );
  await trajectory.calibrate({ examples }, signal);
  const gateOf = async (fields: object) =>
    (await trajectory.analyze({ prompt: "x", config: config(fields) }, signal)).record.gate;
  expect(await gateOf({})).toEqual({ status: "passed", isAdvisory: false });
  expect(await gateOf({ top_k: 3 })).toEqual({ status: "passed", isAdvisory: true });
});
