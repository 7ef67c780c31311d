import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AppError } from "../../../base/index.ts";
import type { Engine } from "../../../engine/index.ts";
import { createRealEngine } from "../../../testing/index.ts";
import { defaultJudgeConfig } from "./judge-config.ts";
import { createRealDeps, createScriptedDeps, say } from "./probe-fixture.ts";
import { probeResponsiveness, type ResponsivenessOptions } from "./responsiveness.ts";

const { signal } = new AbortController();
const died = new AppError("host_died", "The engine host died.");

async function probe(script: Parameters<typeof createScriptedDeps>[0], options: ResponsivenessOptions = {}) {
  const { deps, engine, clock } = createScriptedDeps(script);
  return { engine, clock, result: await clock.run(probeResponsiveness(deps, options, signal)) };
}

/** A step that takes so long by the test's clock. */
function slow(clock: { sleep(durationMs: number, signal: AbortSignal): Promise<void> }, durationMs: number) {
  return { until: clock.sleep(durationMs, new AbortController().signal) };
}

test("a model that answers in time succeeds", async () => {
  const { result } = await probe(() => say("hello"));
  expect(result).toMatchObject({ name: "responsiveness", verdict: "pass", violations: [] });
  expect(result.metrics).toEqual({ latency_ms: 0, retry_count: 0, completion_tokens: 1 });
});

test("a host that dies once costs a retry and nothing else", async () => {
  const { result, clock } = await probe((_, call) => (call === 0 ? [{ fail: died }] : say("hello")));
  expect(result).toMatchObject({ verdict: "pass", metrics: { retry_count: 1 } });
  expect(clock.slept).toEqual([105]);
});

test("a slow last attempt is a warning, with both times", async () => {
  const { deps, clock } = createScriptedDeps(() => [slow(clock, 6_000), { text: "hello" }]);
  const result = await clock.run(probeResponsiveness(deps, {}, signal));
  expect(result).toMatchObject({
    verdict: "warn",
    violations: [{ rule: "latency", severity: "warning", observed: 6_000, limit: 5_000 }],
  });
  expect(result.suggestions).not.toEqual([]);
});

test("the threshold is the caller's", async () => {
  const { deps, clock } = createScriptedDeps(() => [slow(clock, 6_000), { text: "hello" }]);
  const result = await clock.run(probeResponsiveness(deps, { thresholdMs: 6_000 }, signal));
  expect(result.verdict).toBe("pass");
});

test("retries that are gone are a failure with the error", async () => {
  const { result, engine } = await probe(() => [{ fail: died }]);
  expect(engine.requests).toHaveLength(4);
  expect(result).toMatchObject({
    verdict: "fail",
    message: "fake-model gave no answer in 4 attempts (host_died): The engine host died.",
    violations: [{ rule: "provider_unreachable", severity: "failure", observed: "host_died" }],
    metrics: { retry_count: 3 },
  });
});

test("an answer that never begins fails at the timeout of the attempt", async () => {
  const config = { ...defaultJudgeConfig, maxRetries: 0, defaultTimeoutMs: 1_000, verbose: true };
  const { result, engine } = await probe(() => [{ until: new Promise(() => {}) }], { config });
  expect(result).toMatchObject({ verdict: "fail", durationMs: 1_000 });
  expect(result.attempts).toEqual([
    { durationMs: 1_000, error: { code: "generation_timeout", message: expect.any(String) } },
  ]);
  expect(engine.running).toBe(0);
});

test("an invalid request and an answer without a token are not tried again", async () => {
  const invalid = new AppError("invalid_request", "no template");
  for (const steps of [[{ fail: invalid }], []]) {
    const { result, engine } = await probe(() => steps);
    expect(result.verdict).toBe("fail");
    expect(engine.requests).toHaveLength(1);
  }
});

test("the model that is named is the one that is called, else the first configured; an unknown one is thrown", async () => {
  const named = await probe(() => say("hello"), { model: "other-model" });
  expect(named.engine.requests[0]?.model).toBe("other-model");
  expect((await probe(() => say("hello"))).engine.requests[0]?.model).toBe("fake-model");
  const unknown = await probe(() => say("hello"), { model: "nobody" }).catch((error) => error.code);
  expect(unknown).toBe("model_not_found");
});

describe("with the built-in model", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createRealEngine();
  });
  afterAll(() => engine.stop(AbortSignal.timeout(5_000)));

  test("it generates within the threshold", async () => {
    const result = await probeResponsiveness(createRealDeps(engine), {}, signal);
    expect(result.verdict).toBe("pass");
    expect(result.metrics.completion_tokens).toBeGreaterThan(0);
    expect(result.metrics.latency_ms).toBeGreaterThan(0);
  });
});
