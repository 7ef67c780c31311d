import { expect, test } from "bun:test";
import { createFakeEngine, waitUntil } from "../../testing/index.ts";
import { maxRunsOfTenant } from "../runs/run-slots.ts";
import { openRealPlugins } from "../validation/probes/probe-fixture.ts";
import { makeSuite, never, openSuites } from "./suite-fixture.ts";

const open = openSuites();
const choice = { model: "fake-model" };

test("all calls of models count against the tenant who asked, and give way to people who chat", async () => {
  const embedding: string[] = [];
  const other = createFakeEngine();
  const { suites, engine } = open({
    says: ({ constraint }) => (constraint ? "{}" : "yes, rivers flow. They end in the sea."),
    deps: {
      embeddingModel: "fake-model",
      engine: {
        ...other,
        embed(request, signal) {
          embedding.push(request.tenant);
          return other.embed(request, signal);
        },
      },
    },
  });
  const criteria = { min_coherence_score: 0.1 };
  const suite = makeSuite(1, { judge_model: "fake-model", defaults: { criteria, repetitions: 2 } });
  await suites.run(suite, choice, { signal: never, tenant: "key-1" });
  expect(engine.requests.length).toBeGreaterThan(2);
  expect(new Set(engine.requests.map(({ tenant }) => tenant))).toEqual(new Set(["key-1"]));
  expect(new Set(embedding)).toEqual(new Set(["key-1"]));
  expect(new Set(engine.requests.map(({ priority }) => priority))).toEqual(new Set(["batch"]));
});

test("as many runs as may be are worked on at once; the next is refused, and nothing of it is stored", async () => {
  const ending = Promise.withResolvers<void>();
  const { suites, engine, runs } = open({ says: () => [{ until: ending.promise }, { text: "yes" }] });
  const run = () => suites.run(makeSuite(1), choice, { signal: never });
  const begun = Array.from({ length: maxRunsOfTenant }, run);
  await waitUntil("all are answered", () => engine.running === maxRunsOfTenant);
  const before = (await runs.list()).length;
  await expect(run()).rejects.toMatchObject({ code: "queue_full" });
  await expect(suites.resume("run-0", { signal: never })).rejects.toMatchObject({ code: "queue_full" });
  expect(await runs.list()).toHaveLength(before);
  ending.resolve();
  await Promise.all(begun);
  expect((await run()).run.status).toBe("completed");
});

test("a run of another kind is none of a suite", async () => {
  const { suites, runs } = open();
  const { id } = await runs.create({ kind: "coordination", name: "team", model: "fake-model", spec: {} });
  await expect(suites.report(id)).rejects.toMatchObject({ code: "not_found" });
});

test("a judge that fails in the middle of a run keeps the gate closed, whatever the others say", async () => {
  const report = { durationMs: 1, memoryBytes: 0, logs: [] };
  const failure = { code: "timeout", message: "it took longer than 5000 ms" } as const;
  await using opened = openRealPlugins();
  const { suites } = open({
    deps: {
      plugins: async () => {
        const host = await opened.plugins();
        const judge: typeof host.judge = async (name, ...asked) =>
          name === "grounding" ? { ok: false, failure, report } : await host.judge(name, ...asked);
        return { get: host.get, judge };
      },
    },
  });
  const criteria = { preset: "none", required_keywords: ["yes"], judges: ["grounding"] };
  const suite = makeSuite(2, { defaults: { criteria } });
  const { result, cases } = await suites.run(suite, choice, { signal: never });
  expect(cases[0]?.outcomes[0]?.unscored).toEqual([
    { name: "grounding", reason: failure.message, fault: true },
  ]);
  expect(result).toEqual({
    verdict: "abstain",
    reasons: ["answers that could not be judged: 2, and at most 0 may be"],
  });
});
