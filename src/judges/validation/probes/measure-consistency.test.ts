import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../../base/index.ts";
import type { Engine } from "../../../engine/index.ts";
import { createRealEngine, type FakeStep } from "../../../testing/index.ts";
import { defaultConsistencyLimits, summarizeConsistency } from "./consistency-summary.ts";
import { defaultJudgeConfig } from "./judge-config.ts";
import { type ConsistencyOptions, measureConsistency } from "./measure-consistency.ts";
import { createRealDeps, createScriptedDeps, say } from "./probe-fixture.ts";

const { signal } = new AbortController();
const invalid = new AppError("invalid_request", "no template");

async function measure(
  script: (prompt: string, call: number) => readonly FakeStep[],
  options: ConsistencyOptions,
) {
  const { deps, engine, clock } = createScriptedDeps(({ input }, call) =>
    script(input.type === "chat" ? (input.messages.at(-1)?.content ?? "") : "", call),
  );
  return { engine, clock, result: await clock.run(measureConsistency(deps, options, signal)) };
}

const one = (answers: readonly string[], options: Partial<ConsistencyOptions> = {}) =>
  measure((_, call) => say(answers[call] ?? ""), { prompts: ["q"], answers: answers.length, ...options });

test("the same answer every time is consistent by 1, in both numbers", async () => {
  const { result, engine } = await one(["The port is 8125.", "The port is 8125.", "The port is 8125."]);
  expect(result).toMatchObject({
    name: "consistency",
    verdict: "pass",
    metrics: { consistency: 1, success_rate: 1 },
  });
  expect(result.prompts[0]?.measures).toMatchObject({ legacyC: { value: 1 }, exactMatch: { value: 1 } });
  expect(new Set(engine.requests.map(({ sampling }) => sampling.seed)).size).toBe(3);
});

test("answers come 100 ms apart, with the temperature that is asked for", async () => {
  const { clock, engine } = await one(["a", "a", "a"], { temperature: 0.3 });
  expect(clock.slept).toEqual([100, 100]);
  expect(engine.requests.map(({ sampling }) => sampling.temperature)).toEqual([0.3, 0.3, 0.3]);
});

test("answers that share nothing are a warning", async () => {
  const { result } = await one(["The train is red.", "Perhaps nobody knows.", "Water boils when hot."]);
  expect(result).toMatchObject({ verdict: "warn", violations: [{ rule: "consistency", limit: 0.8 }] });
});

test("the order of the answers is irrelevant", async () => {
  const answers = ["the train is red", "the train is blue", "a red train", "water boils"];
  const score = async (order: readonly string[]) =>
    (await one(order)).result.metrics.consistency ?? Number.NaN;
  const expected = await score(answers);
  const orders = fc.shuffledSubarray(answers, { minLength: answers.length });
  const holds = fc.asyncProperty(orders, async (order) =>
    expect(await score(order)).toBeCloseTo(expected, 6),
  );
  await fc.assert(holds, { numRuns: 8 });
});

test("prompts are never taken together: each that agrees with itself is consistent, however unlike the others", async () => {
  const { result } = await measure(
    (prompt) => say(prompt === "a" ? "The train is red." : "Water boils when hot."),
    {
      ...{ prompts: ["a", "b"], answers: 3 },
    },
  );
  expect(result).toMatchObject({ verdict: "pass", metrics: { consistency: 1 } });
  expect(result.prompts.map(({ score }) => score)).toEqual([
    { scored: true, value: 1 },
    { scored: true, value: 1 },
  ]);
});

test("closed answers are measured by their majority", async () => {
  const { result } = await one(["42", "42.", " 42", "41"], { kind: "closed" });
  expect(result.prompts[0]?.score).toEqual({ scored: true, value: 0.75 });
  expect(result.verdict).toBe("warn");
});

test("less than 0.8 of the attempts answered is a warning, 0.8 is not", async () => {
  const failing = (failures: number) =>
    measure((_, call) => (call < failures ? [{ fail: invalid }] : say("same")), {
      prompts: ["q"],
      answers: 5,
    });
  expect((await failing(1)).result).toMatchObject({
    verdict: "pass",
    metrics: { success_rate: 0.8, answered: 4 },
  });
  const { result } = await failing(2);
  expect(result).toMatchObject({
    verdict: "warn",
    violations: [{ rule: "success_rate", observed: 0.6, limit: 0.8 }],
  });
  expect(result.message).toContain("no template");
});

test("a blank answer is none", async () => {
  const { result } = await one(["same", " \n", "same"]);
  expect(result.prompts[0]).toMatchObject({
    attempted: 3,
    answered: ["same", "same"],
    errors: ["the answer is blank"],
  });
});

test("without any answer it fails, and no number is made up", async () => {
  const { result } = await measure(() => [{ fail: invalid }], { prompts: ["q"], answers: 2 });
  expect(result).toMatchObject({
    verdict: "fail",
    violations: [{ rule: "provider_unreachable", severity: "failure" }],
  });
  expect(result.metrics.consistency).toBeUndefined();
  expect(result.prompts[0]?.score.scored).toBe(false);
});

test("an attempt that hangs ends at its timeout and counts as unanswered", async () => {
  const config = { ...defaultJudgeConfig, maxRetries: 0, defaultTimeoutMs: 500 };
  const hanging = (_: string, call: number): readonly FakeStep[] =>
    call === 0 ? [{ until: new Promise(() => {}) }] : say("same");
  const { result } = await measure(hanging, { prompts: ["q"], answers: 5, config });
  expect(result.prompts[0]?.errors).toEqual([expect.stringContaining("generation_timeout")]);
});

test("an embedding that fails leaves the prompts unscored and the answers there", async () => {
  const embedder = {
    name: "broken",
    embed: async () => {
      throw new AppError("model_not_found", "no such embedder");
    },
  };
  const { result } = await one(["a", "b"], { embedder });
  expect(result).toMatchObject({ verdict: "abstain", unscored: [{ reason: "no such embedder" }] });
});

test("slow answers are a warning", async () => {
  const { deps, clock } = createScriptedDeps(() => [
    { until: clock.sleep(200, new AbortController().signal) },
    { text: "same" },
  ]);
  const options = { prompts: ["q"], answers: 2, limits: { latencyMs: 100 } };
  const result = await clock.run(measureConsistency(deps, options, signal));
  expect(result.violations).toEqual([
    expect.objectContaining({ rule: "latency", observed: 200, limit: 100 }),
  ]);
});

test.each([
  [{ prompts: [] }, "prompts: expected 1 to 100"],
  [{ prompts: ["q"], answers: 1 }, "answers: expected a whole number from 2 to 50, not 1"],
  [{ prompts: ["q"], answers: 51 }, "not 51"],
])("%j is refused by its field", async (options, message) => {
  const error = await measure(() => say("a"), options).catch((error) => error);
  expect(error).toMatchObject({ code: "invalid_request", message: expect.stringContaining(message) });
});

describe("with the built-in model", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createRealEngine();
  });
  afterAll(() => engine.stop(AbortSignal.timeout(5_000)));

  test("greedy answers to one prompt are consistent by 1", async () => {
    const options = { prompts: ["Reply with exactly: pong-42", "Who are you?"], answers: 2, temperature: 0 };
    const result = await measureConsistency(createRealDeps(engine), options, signal);
    expect(result).toMatchObject({ verdict: "pass", metrics: { consistency: 1, answered: 4 } });
    expect(result.prompts[0]?.answered).toEqual(["pong-42", "pong-42"]);
  });
});

test("a consistency of 0.79996 reaches 0.8, and one of 0.7999 does not", () => {
  const verdictOf = (value: number) =>
    summarizeConsistency({
      ...{ model: "m", limits: defaultConsistencyLimits, durationMs: 1 },
      prompts: [
        {
          ...{ prompt: "q", attempted: 2, answered: ["a", "b"], errors: [], retryCount: 0, latencyMs: 5_000 },
          score: { scored: true, value },
        },
      ],
    }).verdict;
  expect([0.79996, 0.7999].map(verdictOf)).toEqual(["pass", "warn"]);
});
