import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import { compareModels } from "./comparison.ts";
import { toComparisonBody, toReportBody } from "./report-body.ts";
import { makeSuite, never, openSuites, promptOf } from "./suite-fixture.ts";
import type { SuiteReport } from "./suite-report.ts";

const open = openSuites();
const models = ["good-model", "bad-model"];
const suite = makeSuite(10, { seed: 1 });

/** The good model answers all, the bad one those whose number is in its list. */
function goodAndBad(right: readonly string[]) {
  return (request: GenerateRequest) =>
    request.model === "good-model" || right.includes(promptOf(request)) ? "yes" : "no";
}

describe("comparing models", () => {
  test("recommends the one that is better beyond chance, with wins and the interval of the difference", async () => {
    const { suites } = open({ models, says: goodAndBad(["p0", "p1"]) });
    const report = await suites.compare(suite, { models: ["bad-model", "good-model"] }, { signal: never });
    const [pair] = report.comparison.pairs;
    expect(report.comparison.ranking.map(({ model }) => model)).toEqual(["good-model", "bad-model"]);
    expect(report.comparison.ranking[1]?.score).toBeCloseTo(0.2, 10);
    expect(pair).toMatchObject({ model: "good-model", wins: 8, ties: 2, losses: 0, cases: 10 });
    expect(pair?.paired).toMatchObject({ difference: expect.closeTo(0.8, 10), isDifferent: true });
    expect(report.comparison.recommendation.model).toBe("good-model");
  });

  test("recommends neither of a model and itself", async () => {
    const { suites } = open({ models: ["good-model"], says: (request) => `seed ${request.sampling.seed}` });
    const twice = { models: ["good-model", "good-model"] };
    const report = await suites.compare(suite, twice, { signal: never });
    expect(report.comparison.pairs[0]).toMatchObject({ wins: 0, ties: 10, losses: 0 });
    expect(report.comparison.recommendation.model).toBeUndefined();
    expect(report.comparison.recommendation.reason).toContain("holds 0");
  });

  test("recommends nothing for one win, nor by few cases", async () => {
    const { suites } = open({
      models,
      says: goodAndBad([1, 2, 3, 4, 5, 6, 7, 8, 9].map((index) => `p${index}`)),
    });
    const close = await suites.compare(suite, { models }, { signal: never });
    expect(close.comparison.pairs[0]).toMatchObject({ wins: 1, ties: 9 });
    expect(close.comparison.recommendation.model).toBeUndefined();
    const few = await open({ models, says: goodAndBad([]) }).suites.compare(
      makeSuite(4),
      { models },
      { signal: never },
    );
    expect(few.comparison.recommendation).toEqual({
      reason: "4 cases have a score from good-model and bad-model; 8 are needed to recommend one",
    });
  });

  test("widens the intervals of more models", async () => {
    const all = [...models, "third-model"];
    const { suites } = open({ models: all, says: goodAndBad([]) });
    const { comparison } = await suites.compare(suite, { models: all }, { signal: never });
    expect(comparison.pairs.map(({ paired }) => paired?.interval.level.toFixed(4))).toEqual([
      "0.9833",
      "0.9833",
    ]);
  });

  test("goes on with the model at which it stopped", async () => {
    const controller = new AbortController();
    const stopping = open({
      models,
      says: (request) => {
        if (request.model === "bad-model" && promptOf(request) === "p5") controller.abort();
        return goodAndBad([])(request);
      },
    });
    const order = ["good-model", "bad-model"];
    const stopped = await stopping.suites
      .compare(suite, { models: order }, { signal: controller.signal, concurrency: 1 })
      .catch((error: unknown) => error);
    expect(stopped).toMatchObject({ code: "cancelled" });
    const id = String((stopped as AppError).details.run);
    const world = open({ models, says: goodAndBad([]) });
    const resumed = await world.suites.resume(id, { signal: never });
    expect(resumed).toMatchObject({ kind: "comparison", run: { id, status: "completed" } });
    expect(world.engine.requests.every(({ model }) => model === "bad-model")).toBe(true);
    expect(world.engine.requests.map(promptOf).sort()).toEqual(["p5", "p6", "p7", "p8", "p9"]);
    expect(await world.suites.report(id)).toEqual(resumed);
  });

  test("fails with the model that does, whose run tells why", async () => {
    const died = new AppError("model_load_failed", "it does not fit");
    const says = (request: GenerateRequest) => (request.model === "bad-model" ? [{ fail: died }] : "yes");
    const report = await open({ models, says }).suites.compare(suite, { models }, { signal: never });
    expect(report.run).toMatchObject({ status: "failed", error: { message: "bad-model: it does not fit" } });
    expect(report.comparison.ranking.map(({ model }) => model)).toEqual(["good-model"]);
  });

  test("is refused for one model, for none that is there, and for answers that are stored", async () => {
    const { suites, engine } = open({ models });
    const stored = makeSuite(1, { cases: [{ name: "a", prompt: "b", response: "c" }] });
    const large = makeSuite(60, { defaults: { repetitions: 1_000 } });
    for (const [given, names, message] of [
      [large, models, "models: 120000 answers of all of them; at most 100000"],
      [suite, ["good-model"], "models: expected 2 to 16, got 1"],
      [suite, ["good-model", "absent"], "absent"],
      [stored, models, "all answers are stored"],
    ] as const) {
      const refusal = await suites
        .compare(given, { models: names }, { signal: never })
        .catch((error: unknown) => error);
      expect(refusal).toMatchObject({ message: expect.stringContaining(message) });
    }
    expect(engine.requests).toHaveLength(0);
  });
});

test("what is told of a comparison depends on no order but that of the scores", async () => {
  const { suites } = open({ models, says: goodAndBad(["p1", "p4", "p7"]) });
  const { reports } = await suites.compare(suite, { models }, { signal: never });
  const contenders = reports.map((report: SuiteReport) => ({ model: report.run.model, report }));
  const [first, second] = await Promise.all(
    [contenders, contenders.toReversed()].map((list) => compareModels(list, 5)),
  );
  expect(first).toEqual(second);
});

test("a comparison on the wire holds the recommendation, or null with the reason", async () => {
  const { suites } = open({ models, says: goodAndBad([]) });
  const body = toComparisonBody(await suites.compare(suite, { models }, { signal: never }));
  expect(body).toMatchObject({ kind: "comparison", recommendation: "good-model" });
  expect(body).toMatchObject({ comparisons: [{ wins: 10, is_different: true, interval: { level: 0.95 } }] });
});

test("two models of equal quality are seldom told apart", async () => {
  const draw = (seed: number) => Math.abs(Math.sin(seed * 12.9898) * 43758.5453) % 1;
  const report = (seed: number) => {
    const cases = Array.from({ length: 30 }, (_, index) => ({
      name: `${index}`,
      score: draw(seed * 1000 + index),
    }));
    const scored = { scored: true, value: cases.reduce((sum, { score }) => sum + score, 0) / cases.length };
    return { cases, summary: { score: scored, passRate: { scored: false } } } as unknown as SuiteReport;
  };
  const compared = await Promise.all(
    Array.from({ length: 200 }, (_, seed) =>
      compareModels(
        [
          { model: "a", report: report(seed + 1) },
          { model: "b", report: report(seed + 5_001) },
        ],
        seed,
      ),
    ),
  );
  const found = compared.filter(({ recommendation }) => recommendation.model !== undefined);
  expect(found.length).toBeLessThanOrEqual(20);
});

test("a difference never lies outside its own interval", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })), {
        minLength: 8,
        maxLength: 20,
      }),
      fc.nat(),
      async (rows, seed) => {
        const of = (side: 0 | 1) => {
          const cases = rows.map((row, index) => ({ name: `${index}`, score: row[side] / 4 }));
          const value = cases.reduce((sum, { score }) => sum + score, 0) / cases.length;
          return {
            cases,
            summary: { score: { scored: true, value }, passRate: { scored: false } },
          } as unknown as SuiteReport;
        };
        const { pairs } = await compareModels(
          [
            { model: "a", report: of(0) },
            { model: "b", report: of(1) },
          ],
          seed,
        );
        const [pair] = pairs;
        const { difference = 0, interval } = pair?.paired ?? {};
        expect(difference).toBeGreaterThanOrEqual(0);
        expect(interval && interval.low <= difference + 1e-9 && difference <= interval.high + 1e-9).toBe(
          true,
        );
      },
    ),
    { numRuns: 30 },
  );
});

describe("a judge model", () => {
  /** The good model knows half of the answers; the judge knows which is which, or favours a place. */
  function says(judge: (material: string) => string) {
    const answers = goodAndBad(["p0", "p1"]);
    return (request: GenerateRequest) => {
      if (request.model !== "judge-model") return answers(request);
      const { input } = request;
      const material = input.type === "chat" ? (input.messages.at(-1)?.content ?? "") : "";
      return judge(material);
    };
  }
  const world = { models: [...models, "judge-model"] };
  const choice = { models, judgeModel: "judge-model" };

  test("is asked about each pair of answers in both orders, and its view is stored with the run", async () => {
    const fair = (material: string) => {
      const [, a = "", b = ""] = /Answer A: (.*)\n\nAnswer B: (.*)/.exec(material) ?? [];
      return `{"better": "${a === b ? "tie" : a === "yes" ? "A" : "B"}"}`;
    };
    const { suites } = open({ ...world, says: says(fair) });
    const report = await suites.compare(suite, choice, { signal: never });
    const expected = { wins: 8, ties: 2, losses: 0, inconsistent: 0, unscored: 0, warnings: [] };
    expect(report.preferences).toEqual([{ model: "good-model", against: "bad-model", ...expected }]);
    expect(toReportBody(await suites.report(report.run.id)).preferences).toEqual(report.preferences);
  });

  test("that favours a place prefers nobody", async () => {
    const { suites } = open({ ...world, says: says(() => '{"better": "A"}') });
    const { preferences } = await suites.compare(suite, choice, { signal: never });
    expect(preferences).toMatchObject([{ wins: 0, losses: 0, ties: 10, inconsistent: 10 }]);
  });

  test("that is one of the two is told to favour itself", async () => {
    const { suites } = open({ models, says: () => '{"better": "tie"}' });
    const own = { models, judgeModel: "good-model" };
    const { preferences } = await suites.compare(suite, own, { signal: never });
    expect(preferences[0]?.warnings).toEqual([expect.stringContaining("good-model")]);
  });

  test("that says nothing usable leaves the pairs unscored, and the scores decide as ever", async () => {
    const { suites } = open({ ...world, says: says(() => "well") });
    const { preferences, comparison } = await suites.compare(suite, choice, { signal: never });
    expect(preferences).toMatchObject([{ unscored: 10, wins: 0 }]);
    expect(comparison.recommendation.model).toBe("good-model");
  });
});
