import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { openRealPlugins } from "../validation/probes/probe-fixture.ts";
import { toReportBody } from "./report-body.ts";
import type { SuiteProgress } from "./run-suite.ts";
import { makeSuite, never, openSuites, promptOf } from "./suite-fixture.ts";
import type { SuiteReport } from "./suite-report.ts";

const open = openSuites();
const choice = { model: "fake-model" };

/** What does not depend on the clock and the run's id. */
function facts({ cases, summary, result }: SuiteReport) {
  const strip = ({ durationMs: _, ...outcome }: SuiteReport["cases"][number]["outcomes"][number]) => outcome;
  const { durationMs: _, ...counts } = summary;
  return {
    counts,
    result,
    cases: cases.map(({ outcomes, ...entry }) => ({ ...entry, outcomes: outcomes.map(strip) })),
  };
}

describe("a run", () => {
  test("asks each case with its seed and settings and judges the answer", async () => {
    const { suites, engine } = open({ says: (request) => (promptOf(request) === "p1" ? "no" : "yes") });
    const suite = makeSuite(3, { seed: 7, defaults: { repetitions: 2, max_tokens: 9, temperature: 0.3 } });
    const report = await suites.run(suite, choice, { signal: never });
    expect(report.summary).toMatchObject({ answers: 6, passed: 4, failed: 2 });
    expect(report.cases.map(({ name, verdict, passShare }) => [name, verdict, passShare])).toEqual([
      ["case 0", "pass", 1],
      ["case 1", "fail", 0],
      ["case 2", "pass", 1],
    ]);
    const [first, second] = engine.requests.toSorted(
      (a, b) => (a.sampling.seed ?? 0) - (b.sampling.seed ?? 0),
    );
    expect(first).toMatchObject({ model: "fake-model", maxTokens: 9, tenant: "judge" });
    expect(first?.sampling).toEqual({ temperature: 0.3, seed: 7 });
    expect(engine.requests.map(({ sampling }) => sampling.seed).sort()).toEqual([7, 7, 7, 8, 8, 8]);
    expect(second?.sampling.seed).toBe(7);
    expect(report.cases[1]?.outcomes[0]?.violations[0]).toMatchObject({
      rule: "expect.contains",
      observed: "no",
    });
  });

  test("gives the same results however many answers are made at the same time", async () => {
    const says = (request: Parameters<typeof promptOf>[0]) =>
      `${promptOf(request).length % 2 ? "yes" : "no"} seed ${request.sampling.seed}`;
    const suite = makeSuite(12, { seed: 3, defaults: { repetitions: 3 } });
    const [one, many] = await Promise.all(
      [1, 16].map((concurrency) => open({ says }).suites.run(suite, choice, { signal: never, concurrency })),
    );
    expect(one && facts(one)).toEqual(many && facts(many));
  });

  test("never has more requests under way than it may", async () => {
    let most = 0;
    const world = open({
      says: () => {
        most = Math.max(most, world.engine.running);
        return "yes";
      },
    });
    await world.suites.run(makeSuite(20), choice, { signal: never, concurrency: 3 });
    expect(most).toBe(3);
  });

  test("measures how alike the answers to one prompt are, and never pools prompts", async () => {
    const says = (request: Parameters<typeof promptOf>[0]) =>
      promptOf(request) === "p0"
        ? "yes"
        : `yes, ${["river", "mountain", "piano"][(request.sampling.seed ?? 0) % 3]}`;
    const report = await open({ says }).suites.run(
      makeSuite(2, { seed: 0, defaults: { repetitions: 3 } }),
      choice,
      { signal: never },
    );
    const [same, other] = report.cases.map(({ consistency }) => consistency?.consistency);
    expect(same).toBe(1);
    expect(other).toBeLessThan(0.9);
  });

  test("judges by the criteria that it has, and by the usual ones where nothing is said", async () => {
    const suite = makeSuite(1, {
      cases: [
        { name: "usual", prompt: "Tell me about rivers", response: "I cannot." },
        { name: "own", prompt: "x", response: "short", criteria: { preset: "none", min_response_length: 6 } },
      ],
    });
    const report = await open().suites.run(suite, {}, { signal: never });
    const rules = report.cases.map(({ outcomes }) => outcomes[0]?.violations.map(({ rule }) => rule));
    expect(rules[0]).toContain("forbidden_keywords");
    expect(rules[1]).toEqual(["min_response_length"]);
    expect(report.run.model).toBe("stored answers");
  });

  test("tells of its progress, and of each answer once", async () => {
    const seen: SuiteProgress[] = [];
    await open().suites.run(makeSuite(4), choice, {
      signal: never,
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen.map(({ done, total }) => [done, total])).toEqual([0, 1, 2, 3, 4].map((done) => [done, 4]));
    expect(seen.at(-1)).toMatchObject({ passed: 4, failed: 0, model: "fake-model" });
  });

  test("that a case's own trouble does not end counts it as failed and without a score", async () => {
    const error = new AppError("inference_error", "no token could be chosen");
    const says = (request: Parameters<typeof promptOf>[0]) =>
      promptOf(request) === "p0" ? [{ fail: error }] : "yes";
    const report = await open({ says }).suites.run(makeSuite(2), choice, { signal: never });
    expect(report.run.status).toBe("completed");
    const [outcome] = report.cases[0]?.outcomes ?? [];
    expect(outcome).toMatchObject({ verdict: "fail", error: { code: "inference_error" } });
    expect(outcome?.score).toBeUndefined();
  });

  test("loads the model first, so that the time for an answer is for answering", async () => {
    const world = open({ isLoaded: false });
    await world.suites.run(makeSuite(3), choice, { signal: never });
    expect(world.engine.loads[0]).toMatchObject({ model: "fake-model" });
    const stored = open();
    await stored.suites.run(
      makeSuite(1, { cases: [{ name: "a", prompt: "b", response: "c" }] }),
      {},
      { signal: never },
    );
    expect(stored.engine.loads).toHaveLength(0);
  });

  test("skips cases with tools on a model that has none, and that is no success", async () => {
    const world = open({ capabilities: { tools: false } });
    const tools = [{ name: "f" }];
    const suite = makeSuite(1, {
      cases: [{ name: "a", prompt: "x", tools, expected_tool_calls: [{ name: "f" }] }],
    });
    const report = await world.suites.run(suite, choice, { signal: never });
    expect(report.cases[0]).toMatchObject({ verdict: "abstain" });
    expect(report.cases[0]?.passShare).toBeUndefined();
    expect(report.result.verdict).toBe("abstain");
    expect(world.engine.requests).toHaveLength(0);
  });
});

describe("nothing is asked where something is wrong", () => {
  test("more at the same time than may be", async () => {
    const { suites, engine, runs } = open();
    const before = (await runs.list()).length;
    const asked = suites.run(makeSuite(1), choice, { signal: never, concurrency: 65 });
    expect(await asked.catch((error: unknown) => error)).toMatchObject({
      ...{ code: "invalid_request", message: "concurrency: expected 1 to 64, got 65" },
    });
    expect([engine.requests.length, (await runs.list()).length]).toEqual([0, before]);
  });

  const stored = (criteria: object) => makeSuite(1, { cases: [{ name: "a", prompt: "x", criteria }] });
  test.each([
    [
      "a judge that is not there",
      stored({ judges: [{ plugin: "nobody" }] }),
      "invalid_request",
      '"a": there is no judge "nobody"',
    ],
    ["a model that judges and is not there", stored({ judge_model: "nobody" }), "model_not_found", "nobody"],
    [
      "a pattern that could take for ever",
      makeSuite(1, { cases: [{ name: "a", prompt: "x", expect: { matches: "(a+)+\\1" } }] }),
      "invalid_request",
      "cases[0].expect.matches",
    ],
    ["a model that is not there", makeSuite(1, { model: "nobody" }), "model_not_found", "nobody"],
    [
      "a rubric that no model judges by",
      stored({ preset: "none", min_response_length: 1, rubric: { min_score: 0.9 } }),
      "invalid_request",
      'cases[0] "a": criteria.rubric needs a model that judges; name one with judge_model',
    ],
  ] as const)("%s", async (_, suite, code, message) => {
    const { suites, engine, runs } = open();
    const before = (await runs.list()).length;
    const failure = await suites.run(suite, {}, { signal: never }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(engine.requests).toHaveLength(0);
    expect(await runs.list()).toHaveLength(before);
  });
});

test("a judge that a case asks for and that is switched off is known of before any answer", async () => {
  await using real = openRealPlugins();
  const deps = {
    plugins: async () => {
      const host = await real.plugins();
      return {
        judge: host.judge,
        get: async (name: string) => ({ ...(await host.get(name)), isEnabled: false }),
      };
    },
  };
  const world = open({ deps });
  const suite = (criteria: object) =>
    makeSuite(1, { cases: [{ name: "a", prompt: "x", criteria: { preset: "none", ...criteria } }] });
  for (const criteria of [{ min_response_length: 1 }, { judges: ["grounding"] }]) {
    const failure = await world.suites
      .run(suite(criteria), choice, { signal: never })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "invalid_request",
      message: expect.stringMatching(/^cases\[0\] "a": [\w-]+ is switched off; hearth plugin enable [\w-]+ /),
      details: { param: "cases[0]" },
    });
  }
  expect(world.engine.requests).toHaveLength(0);
});

test("an embedding model that is not there is known of before any answer", async () => {
  const world = open({ deps: { embeddingModel: "nobody" } });
  const failure = await world.suites
    .run(makeSuite(2), choice, { signal: never })
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "model_not_found", message: expect.stringContaining("nobody") });
  expect(world.engine.requests).toHaveLength(0);
});

describe("a model that dies", () => {
  const died = new AppError("host_died", "the engine of fake-model died");
  const quick = { ...fastClock() };

  test("once is asked again", async () => {
    let calls = 0;
    const says = () => (++calls === 2 ? [{ fail: died }] : "yes");
    const { suites } = open({ says, deps: { clock: quick } });
    const report = await suites.run(makeSuite(3), choice, { signal: never, concurrency: 1 });
    expect(report.summary).toMatchObject({ passed: 3 });
  });

  test("for good ends the run with what was done, and resuming it asks for the rest alone", async () => {
    let isDead = false;
    const world = open({
      says: (request) => {
        isDead ||= promptOf(request) === "p3";
        return isDead ? [{ fail: died }] : "yes";
      },
      deps: { clock: quick },
    });
    const failed = await world.suites.run(makeSuite(6), choice, { signal: never, concurrency: 1 });
    expect(failed.run).toMatchObject({ status: "failed", error: { code: "host_died" } });
    expect(failed.cases.map(({ name }) => name)).toEqual(["case 0", "case 1", "case 2"]);
    expect(failed.result.verdict).toBe("abstain");
    expect(await world.suites.report(failed.run.id)).toEqual(failed);

    const healed = open();
    const resumed = await healed.suites.resume(failed.run.id, { signal: never });
    expect(healed.engine.requests.map(promptOf).sort()).toEqual(["p3", "p4", "p5"]);
    expect(resumed.run).toMatchObject({ id: failed.run.id, status: "completed" });
    const whole = await open().suites.run(makeSuite(6), choice, { signal: never });
    expect(facts(resumed as SuiteReport)).toEqual(facts(whole));
  });

  test("and comes back as another is not gone on with", async () => {
    const says = () => [{ fail: died }];
    const { suites } = open({ says, deps: { clock: quick } });
    const { run } = await suites.run(makeSuite(2), choice, { signal: never });
    const other = open({ digests: { "fake-model": "sha256:other" } }).suites;
    const refusal = await other.resume(run.id, { signal: never }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: "conflict",
      message: expect.stringContaining("has changed since"),
    });
    expect((await other.report(run.id)).run.status).toBe("failed");
  });
});

test("a run that is complete is not run again", async () => {
  const { suites } = open();
  const { run } = await suites.run(makeSuite(1), choice, { signal: never });
  expect(await suites.resume(run.id, { signal: never }).catch((error: unknown) => error)).toMatchObject({
    code: "conflict",
  });
});

test("a stopped run is stored as cancelled with what was done, says how it is resumed, and can be", async () => {
  const controller = new AbortController();
  const world = open({
    says: (request) => {
      if (promptOf(request) === "p2") controller.abort(new AppError("cancelled", "stopped"));
      return "yes";
    },
  });
  const error = await world.suites
    .run(makeSuite(5), choice, { signal: controller.signal, concurrency: 1 })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "cancelled",
    message: expect.stringContaining("hearth judge --resume run-"),
  });
  const id = String((error as AppError).details.run);
  const stored = await world.suites.report(id);
  expect(stored.run.status).toBe("cancelled");
  expect((stored as SuiteReport).cases.map(({ name }) => name)).toEqual(["case 0", "case 1"]);
  expect((await world.suites.resume(id, { signal: never })).run.status).toBe("completed");
});

test("answers that are judged fast are stored many at a time, and none is lost", async () => {
  const cases = Array.from({ length: 300 }, (_, index) => ({
    ...{ name: `${index}`, prompt: "x", response: "yes", expect: { contains: "yes" } },
  }));
  const { suites, runs } = open();
  const report = await suites.run(makeSuite(1, { cases }), {}, { signal: never });
  expect(report.summary).toMatchObject({ answers: 300, passed: 300 });
  expect((await runs.get(report.run.id)).parts.length).toBeLessThan(100);
});

test("an answer that takes longer than it may fails its case, and the run goes on", async () => {
  const clock = fastClock();
  const says = (request: Parameters<typeof promptOf>[0]) =>
    promptOf(request) === "p0" ? [{ until: new Promise<void>(() => {}) }] : "yes";
  const report = await open({ says, deps: { clock } }).suites.run(
    makeSuite(2, { defaults: { timeout_ms: 50 } }),
    choice,
    { signal: never },
  );
  expect(report.cases[0]?.outcomes[0]).toMatchObject({
    verdict: "fail",
    error: { code: "generation_timeout" },
  });
  expect(report.cases[1]?.verdict).toBe("pass");
});

test("scores of runs form a series, whose drift is told", async () => {
  let said = "yes";
  const { suites } = open({ says: () => said });
  const suite = makeSuite(1, { name: "followed", seed: 1 });
  for (let run = 0; run < 25; run += 1) await suites.run(suite, choice, { signal: never });
  said = "no";
  const last = await suites.run(suite, choice, { signal: never });
  const [whole] = last.drift;
  expect(whole).toMatchObject({
    of: "the suite as a whole",
    flags: { samples: 26, anomaly: { level: "critical" } },
  });
});

test("a case whose answers agree less than in earlier runs is told of", async () => {
  let said = (_seed: number) => "rivers run";
  const { suites } = open({ says: ({ sampling }) => said(sampling.seed ?? 0) });
  const cases = [{ name: "alike", prompt: "Tell me again" }];
  const suite = makeSuite(1, { cases, seed: 0, defaults: { repetitions: 3 } });
  const fallen = async () => {
    const { drift } = await suites.run(suite, choice, { signal: never });
    return drift.filter(({ flags }) => typeof flags === "object" && flags !== null && "legacy_C" in flags);
  };
  expect(await fallen()).toEqual([]);
  expect(await fallen()).toEqual([]);
  said = (seed) => (seed === 0 ? "a mountain of stone" : "rivers run");
  // Distances of about 1, 1 and 0: 1 − 0.577 / 0.667 = 0.134.
  expect(await fallen()).toEqual([
    { of: "alike", flags: { legacy_C: { drop: true, value: expect.closeTo(0.134, 1), baseline: 1 } } },
  ]);
});

test("a report on the wire has snake_case names and no NaN", async () => {
  const { suites } = open();
  const report = await suites.run(makeSuite(2, { seed: 1 }), choice, { signal: never });
  const body = toReportBody(report);
  expect(body).toMatchObject({
    ...{
      kind: "suite",
      model: "fake-model",
      model_digest: "sha256:fake-model",
      status: "completed",
      seed: 1,
    },
    ...{ verdict: "pass", bar: { pass_rate: 1 } },
    summary: { answers: 2, passed: 2, pass_rate: { value: 1, units: 2 }, usage: { completion_tokens: 2 } },
  });
  expect(JSON.stringify(body)).not.toMatch(/null|NaN|undefined/);
});

/** Waits at retries take no time; a deadline comes at the next turn of the loop. */
function fastClock() {
  return {
    ...{ now: Date.now, nowMs: () => performance.now() },
    async sleep(durationMs: number, signal: AbortSignal) {
      signal.throwIfAborted();
      for (let turn = 0; turn < Math.min(durationMs, 50); turn += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
      }
    },
  };
}
