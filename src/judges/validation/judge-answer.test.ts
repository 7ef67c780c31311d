import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { GenerateRequest } from "../../contract/index.ts";
import { createRealEngine, makeJudge } from "../../testing/index.ts";
import { parseCriteria } from "./criteria.ts";
import type { JudgedText, Judgement } from "./judgement.ts";
import { createRealDeps, say } from "./probes/probe-fixture.ts";
import { createValidation } from "./validation.ts";
import { openValidation } from "./validation-fixture.ts";

const opened = openValidation();
const { judge } = opened.create();
const { judge: judgeByVectors } = opened.create({ embed: "words" });
const boiling: JudgedText = {
  prompt: "At what temperature does water boil at sea level?",
  response: "Water boils at a temperature of 100 degrees at sea level.",
};

test("an answer that must stay on this machine is embedded nowhere else", async () => {
  const { judge: judgeHere, embedded } = opened.create({ embed: "words" });
  await judgeHere(boiling, {}, { tenant: "ann", privacy: "local" });
  expect(embedded.length).toBeGreaterThan(0);
  for (const request of embedded) expect(request).toMatchObject({ tenant: "ann", privacy: "local" });
});

function rulesOf({ violations }: Judgement): readonly string[] {
  return violations.map(({ rule }) => rule);
}

describe("verdicts", () => {
  test("a good answer passes", async () => {
    const judgement = await judgeByVectors(boiling);
    expect(judgement).toMatchObject({
      verdict: "pass",
      violations: [],
      message: "no rule is broken",
      score: 1,
    });
    expect(judgement.metrics).toMatchObject({ relevanceScore: 1, responseLength: 57, retryCount: 0 });
    // Judges of one rule each need not agree.
    expect(judgement.metrics.customMetrics.ensemble_agreement).toBeUndefined();
  });

  test("one word fails coherence, and too short an answer fails", async () => {
    const judgement = await judgeByVectors({ ...boiling, response: "yes" });
    expect(judgement).toMatchObject({ verdict: "fail", metrics: { coherenceScore: 0 } });
    expect(rulesOf(judgement)).toEqual(["min_response_length", "min_coherence_score", "min_relevance_score"]);
  });

  test("white space alone is a failure, with every rule that it breaks", async () => {
    const judgement = await judge({ ...boiling, response: "   \n\u200b            " });
    expect(judgement.verdict).toBe("fail");
    expect(rulesOf(judgement)).toEqual(["blank_response", "min_coherence_score", "min_relevance_score"]);
  });

  test("the message leads with the worst, whatever the order of the rules", async () => {
    const context = ["Water boils at 100 degrees at sea level."];
    const response = "Water does not boil at 100 degrees at sea level, maybe.";
    const { violations, message, suggestions } = await judge(
      { ...boiling, response, context },
      { forbidden_keywords: ["maybe"], required_keywords: ["pressure"], min_relevance_score: 0 },
    );
    expect(violations.map(({ rule, severity }) => [rule, severity])).toEqual([
      ["forbidden_keywords", "warning"],
      ["required_keywords", "warning"],
      ["require_factual_accuracy", "failure"],
    ]);
    expect(message).toStartWith("1 sentence of the answer contradict");
    expect(suggestions).toHaveLength(3);
  });

  test("all broken rules are told in their order, whichever judge found them", async () => {
    const response = "maybe maybe maybe maybe";
    const judgement = await judgeByVectors(
      { ...boiling, response },
      { max_response_length: 20, forbidden_keywords: ["maybe"], required_keywords: ["pressure"] },
    );
    expect(rulesOf(judgement)).toEqual([
      ...["max_response_length", "min_coherence_score", "min_relevance_score"],
      ...["forbidden_keywords", "required_keywords"],
    ]);
  });

  test("rules that only warn make a warning", async () => {
    const judgement = await judge(boiling, { max_response_length: 20 });
    expect(judgement).toMatchObject({
      verdict: "warn",
      violations: [{ rule: "max_response_length", severity: "warning", observed: 57, limit: 20 }],
    });
  });

  test("where nobody could judge the answer it abstains, and says why", async () => {
    const criteria = { preset: "none", judges: ["grounding"] };
    expect(await judge(boiling, criteria)).toMatchObject({
      verdict: "abstain",
      message: expect.stringContaining("grounding: there is no context"),
      unscored: [{ name: "grounding" }],
    });
  });
});

describe("every field of the criteria", () => {
  const salad = { ...boiling, response: "blah blah blah blah" };
  const denied = {
    ...boiling,
    context: ["Water does not boil at a temperature of 100 degrees at sea level."],
  };
  const foreign = { ...boiling, context: ["Bananas are yellow."] };
  const low = '{"accuracy":2,"relevance":2,"completeness":2,"clarity":9}';
  const { judge: judgeByModel } = opened.create({ script: () => say(low), embed: "words" });
  const quiet = { min_relevance_score: 0, require_factual_accuracy: false };
  test.each([
    ["min_response_length", boiling, { min_response_length: 10 }, { min_response_length: 58 }],
    ["max_response_length", boiling, { max_response_length: 57 }, { max_response_length: 56 }],
    ["required_keywords", boiling, { required_keywords: ["water"] }, { required_keywords: ["ice"] }],
    ["forbidden_keywords", boiling, { forbidden_keywords: [] }, { forbidden_keywords: ["LEVEL"] }],
    ["min_coherence_score", salad, { min_coherence_score: 0.6 }, { min_coherence_score: 0.7 }],
    [
      "min_relevance_score",
      salad,
      { min_relevance_score: 0, min_coherence_score: 0 },
      { min_relevance_score: 0.1, min_coherence_score: 0 },
    ],
    [
      "require_factual_accuracy",
      denied,
      { require_factual_accuracy: false },
      { require_factual_accuracy: true },
    ],
    ["custom_validators", foreign, { custom_validators: [] }, { custom_validators: ["grounding"] }],
    ["judges", foreign, { judges: [] }, { judges: ["grounding"] }],
    ["preset", boiling, { preset: "default" }, { preset: "technical_documentation", ...quiet }],
  ])("%s changes the verdict when it alone changes", async (_, answer, first, second) => {
    const verdicts = [
      (await judgeByModel(answer, { ...quiet, ...first })).verdict,
      (await judgeByModel(answer, { ...quiet, ...second })).verdict,
    ];
    expect(verdicts[0]).not.toBe(verdicts[1]);
  });

  test("judge_model and rubric change it too", async () => {
    const rubric = { min_score: 0.5 };
    const verdictOf = async (criteria: object) => (await judgeByModel(boiling, criteria)).verdict;
    expect(await verdictOf({ rubric })).toBe("pass");
    expect(await verdictOf({ rubric, judge_model: "fake-model" })).toBe("fail");
    expect(await verdictOf({ rubric: { min_score: 0.3 }, judge_model: "fake-model" })).toBe("pass");
    const { unscored } = await judge(boiling, { rubric });
    const reason = "there is no judge model to rate it";
    expect(unscored).toContainEqual({ name: "rubric", reason, fault: true });
    const { unscored: usual } = await judge(boiling);
    expect(usual.map(({ name }) => name)).not.toContain("rubric");
  });

  test("the criteria of a judge go before those of the whole", async () => {
    const lenient = { plugin: "grounding", criteria: { min_grounding: 0, max_ungrounded_terms: 99 } };
    expect((await judge(foreign, { ...quiet, judges: [lenient] })).verdict).not.toBe("fail");
  });
});

describe("compliance", () => {
  const evident = { ...boiling, context: [boiling.response] };
  const { judge: judgeByModel } = opened.create({
    script: ({ input }) =>
      JSON.stringify(input).includes("Hypothesis:")
        ? say('{"label":"neutral"}')
        : say('{"accuracy":9,"relevance":9,"completeness":9,"clarity":9}'),
    embed: "words",
  });
  const asked = { judgeModel: "fake-model" };

  test("fails an answer that is not sure enough for the field, and says nothing where none is named", async () => {
    // 0.3 · 1 + 0.5 · 0.5 + 0.2 · 1 = 0.75.
    const judgement = await judgeByModel(evident, { compliance: "healthcare" }, asked);
    expect(judgement).toMatchObject({
      verdict: "fail",
      violations: [{ rule: "compliance", severity: "failure", observed: 0.75, limit: 0.95 }],
    });
    expect(judgement.metrics.customMetrics).toMatchObject({
      ...{ grounded_confidence: expect.closeTo(0.75, 6), grounded_match: 1, hallucination: 0, compliant: 0 },
    });
    expect((await judgeByModel(evident, { compliance: "general" }, asked)).violations).toMatchObject([
      { rule: "compliance", severity: "warning", limit: 0.8 },
    ]);
    expect((await judgeByModel(evident, {}, asked)).violations).toEqual([]);
  });

  test("without evidence, or a judge model to read it, is unscored and no number", async () => {
    for (const [answer, options] of [
      [boiling, asked],
      [evident, {}],
    ] as const) {
      const { unscored, violations, metrics } = await judgeByModel(
        answer,
        { compliance: "general", min_relevance_score: 0 },
        options,
      );
      expect(unscored.map(({ name }) => name)).toContain("compliance");
      expect(violations).toEqual([]);
      expect(metrics.customMetrics.compliant).toBeUndefined();
    }
  });
});

describe("judges", () => {
  test("each runs once, however often it is named", async () => {
    opened.called.length = 0;
    const criteria = {
      judges: [{ plugin: "coherence", weight: 3 }, "grounding"],
      custom_validators: ["grounding", "length-and-keywords"],
    };
    const { opinions } = await judge({ ...boiling, context: [boiling.response] }, criteria);
    const names = ["coherence", "grounding", "length-and-keywords", "relevance"];
    expect([...opened.called].sort()).toEqual(names);
    expect(opinions.map((opinion) => opinion.judge).sort()).toEqual(names);
  });

  test("a validator of one's own runs once, with a severity of its own", async () => {
    const plugins = await opened.plugins();
    const output = { verdict: "warn", score: 0.4, reasons: ["no greeting"] };
    await plugins.add({ bytes: makeJudge("greeting", JSON.stringify(output)), source: "test" }, {});
    opened.called.length = 0;
    const { verdict, violations } = await judge(boiling, { custom_validators: ["greeting"] });
    expect({ verdict, violations }).toEqual({
      verdict: "warn",
      violations: [{ rule: "judge:greeting", severity: "warning", message: "greeting: no greeting" }],
    });
    expect(opened.called.filter((name) => name === "greeting")).toHaveLength(1);
  });

  test("the score is the weighted mean of those that scored", async () => {
    const context = ["Water boils at a temperature of 100 degrees."];
    const judges = [
      { plugin: "grounding", weight: 3 },
      { plugin: "json-schema", weight: 1, criteria: { schema: true } },
    ];
    const { score, opinions } = await judge({ ...boiling, context }, { preset: "none", judges });
    const scores = Object.fromEntries(opinions.map((opinion) => [opinion.judge, opinion.score ?? 0]));
    expect(score).toBeCloseTo((3 * (scores.grounding ?? 0) + (scores["json-schema"] ?? 0)) / 4, 4);
    expect(String(score)).toMatch(/^0\.\d{1,4}$/);
  });

  test("that do not agree are warned of, those that do are not", async () => {
    const agreementAt = async (grounding: string) => {
      const criteria = {
        preset: "none",
        judges: ["grounding", { plugin: "json-schema", criteria: { schema: true } }],
      };
      const { warnings, metrics } = await judge({ ...boiling, context: [grounding] }, criteria);
      return { warnings, agreement: metrics.customMetrics.ensemble_agreement };
    };
    const foreign = await agreementAt("Bananas are yellow.");
    const [known] = [await agreementAt(boiling.response)];
    // The text is no JSON, for which json-schema gives 0.
    expect(known).toEqual({ agreement: 0, warnings: [expect.stringContaining("agreement is none (0)")] });
    expect(foreign).toEqual({ agreement: 1, warnings: [] });
  });

  test("a score below its threshold is a failure, and one that equals it after rounding is none", async () => {
    const context = ["Water boils at a temperature of 100 degrees."];
    const judged = async (threshold: number) =>
      await judge({ ...boiling, context }, { preset: "none", judges: [{ plugin: "grounding", threshold }] });
    const { opinions } = await judged(0);
    const score = Math.round((opinions[0]?.score ?? 0) * 1e4) / 1e4;
    expect((await judged(score)).violations).toEqual([]);
    expect((await judged(score + 0.0001)).violations).toMatchObject([
      { rule: "judge:grounding", severity: "failure", observed: score, limit: score + 0.0001 },
    ]);
  });

  test("a score of 0.69996 reaches a threshold of 0.7", async () => {
    const plugins = await opened.plugins();
    const output = { verdict: "pass", score: 0.69996, reasons: [] };
    await plugins.add({ bytes: makeJudge("nearly", JSON.stringify(output)), source: "test" }, {});
    const judgedAt = async (threshold: number) =>
      await judge(boiling, { preset: "none", judges: [{ plugin: "nearly", threshold }] });
    expect((await judgedAt(0.7)).violations).toEqual([]);
    expect((await judgedAt(0.7001)).violations).toMatchObject([{ rule: "judge:nearly", observed: 0.7 }]);
  });

  test("what a user gives a judge goes before what was measured for it", async () => {
    const along = () => [1, 0];
    const { judge: judgeBySame } = opened.create({ embed: along });
    const response = "It boils at 100 degrees. Some salt raises that.";
    const coherenceOf = async (judges: readonly object[]) =>
      (await judgeBySame({ ...boiling, response }, { judges })).metrics.coherenceScore;
    expect(await coherenceOf([])).toBe(1);
    expect(await coherenceOf([{ plugin: "coherence", criteria: { sentence_similarities: [0.2] } }])).toBe(
      0.2,
    );
  });

  test("one that is not there, or does not judge, is refused before any work", async () => {
    opened.called.length = 0;
    const { engine, judge: judgeByModel } = opened.create();
    const asked = { judge_model: "fake-model" };
    await expect(judgeByModel(boiling, { ...asked, judges: ["nobody"] })).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining('there is no judge "nobody"'),
    });
    await expect(
      judgeByModel(boiling, { ...asked, custom_validators: ["value-score"] }),
    ).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("value-score is a policy"),
    });
    expect({ called: opened.called, asked: engine.requests }).toEqual({ called: [], asked: [] });
  });

  test("one that fails leaves a reason and no score, and the others judge", async () => {
    const plugins = await opened.plugins();
    await plugins.setEnabled("json-schema", false);
    const judgement = await judge(boiling, { judges: [{ plugin: "json-schema", threshold: 1 }] });
    await plugins.setEnabled("json-schema", true);
    expect(judgement).toMatchObject({ verdict: "pass", violations: [] });
    expect(judgement.unscored).toContainEqual({
      name: "json-schema",
      reason: expect.stringContaining("switched off"),
      fault: true,
    });
  });

  test("criteria that a judge cannot read leave it unscored with its own words", async () => {
    const judges = [{ plugin: "grounding", criteria: { min_grounding: "much" } }];
    const { unscored } = await judge({ ...boiling, context: ["Water boils."] }, { preset: "none", judges });
    expect(unscored[0]?.reason).toContain("min_grounding must be a number");
  });
});

describe("a judge model", () => {
  const rating = '{"accuracy":8,"relevance":9,"completeness":7,"clarity":6,"average":10}';
  const isEntailment = ({ input }: GenerateRequest) => JSON.stringify(input).includes("Hypothesis:");

  test("gives the score of a rubric, whose mean is ours, and the clarity of coherence", async () => {
    const { judge: judgeByModel, engine } = opened.create({ script: () => say(rating) });
    const judgement = await judgeByModel(boiling, {}, { judgeModel: "other-model" });
    expect(judgement.opinions.find((opinion) => opinion.judge === "rubric")).toMatchObject({ score: 0.75 });
    expect(judgement.metrics).toMatchObject({ coherenceScore: 0.6, customMetrics: { rubric_score: 0.75 } });
    expect(rulesOf(judgement)).toEqual(["min_coherence_score"]);
    expect(engine.requests.map(({ model }) => model)).toEqual(["other-model"]);
  });

  test("named in the call goes before the one in the criteria", async () => {
    const { judge: judgeByModel, engine } = opened.create({ script: () => say(rating) });
    await judgeByModel(boiling, { judge_model: "fake-model" }, { judgeModel: "other-model" });
    await judgeByModel(boiling, { judge_model: "fake-model" });
    expect(engine.requests.map(({ model }) => model)).toEqual(["other-model", "fake-model"]);
  });

  test("whose answer is no JSON leaves the rubric unscored, never a number", async () => {
    const { judge: judgeByModel } = opened.create({ script: () => say("very good!") });
    const { unscored, opinions, metrics } = await judgeByModel(boiling, {}, { judgeModel: "fake-model" });
    expect(unscored.map(({ name }) => name)).toContain("rubric");
    expect(opinions.map((opinion) => opinion.judge)).not.toContain("rubric");
    expect(metrics.customMetrics.rubric_score).toBeUndefined();
    expect(metrics.coherenceScore).toBeUndefined();
  });

  test("is not asked about a blank answer", async () => {
    const { judge: judgeByModel, engine } = opened.create();
    const { unscored } = await judgeByModel(
      { ...boiling, response: "  ", reference: "Water." },
      {},
      { judgeModel: "fake-model" },
    );
    expect(engine.requests).toEqual([]);
    expect(unscored).toContainEqual({ name: "rubric", reason: "the answer is blank" });
  });

  test("that judges its own answer is told of once", async () => {
    const { judge: judgeByModel } = opened.create({
      script: (request) => say(isEntailment(request) ? '{"label":"entailment"}' : rating),
    });
    const { warnings } = await judgeByModel(
      { ...boiling, reference: boiling.response },
      {},
      { judgeModel: "fake-model", answeredBy: "fake-model" },
    );
    expect(warnings).toEqual([expect.stringContaining("judges its own answer")]);
  });

  test("tells what evidence supports and what it contradicts", async () => {
    const evident = { ...boiling, context: [boiling.response] };
    const judgeAs = async (label: string, answer: JudgedText) => {
      const { judge: judgeByModel } = opened.create({
        script: (request) => say(isEntailment(request) ? `{"label":"${label}"}` : rating),
        embed: "words",
      });
      return await judgeByModel(answer, { min_coherence_score: 0 }, { judgeModel: "fake-model" });
    };
    const supported = await judgeAs("entailment", evident);
    expect(supported).toMatchObject({ verdict: "pass", factualAccuracy: "supported" });
    expect(supported.metrics.customMetrics).toMatchObject({
      nli_score: 1,
      grounded_confidence: 1,
      hallucination: 0,
    });
    const contradicted = await judgeAs("contradiction", evident);
    expect(contradicted).toMatchObject({
      ...{ verdict: "fail", factualAccuracy: "contradicted" },
      violations: [{ rule: "require_factual_accuracy", severity: "failure" }],
    });
    expect(contradicted.metrics.customMetrics).toMatchObject({ nli_score: 0, hallucination: 1 });
    const neutral = await judgeAs("neutral", evident);
    expect(neutral).toMatchObject({ verdict: "pass", factualAccuracy: "unscored" });
    expect(neutral.unscored).toEqual([
      { name: "factual_accuracy", reason: expect.stringContaining("neither") },
    ]);
  });
});

test("the built-in model judges for real: a score, or why there is none", async () => {
  const engine = await createRealEngine();
  try {
    const deps = { ...createRealDeps(engine), plugins: opened.plugins };
    const signal = new AbortController().signal;
    const { opinions, unscored, verdict } = await createValidation(deps).judgeAnswer(
      { ...boiling, reference: boiling.response },
      parseCriteria({ min_coherence_score: 0 }),
      { signal, judgeModel: "hearth-demo" },
    );
    expect(verdict).not.toBe("abstain");
    const rubric = opinions.find((opinion) => opinion.judge === "rubric");
    if (rubric) expect(rubric.score).toBeWithin(0, 1.0001);
    else expect(unscored.map(({ name }) => name)).toContain("rubric");
  } finally {
    await engine.stop(AbortSignal.timeout(10_000));
  }
});

describe("factual accuracy", () => {
  test("without evidence is unscored, not supported", async () => {
    for (const answer of [boiling, { ...boiling, context: [" "], reference: "" }]) {
      const { factualAccuracy, unscored } = await judge(answer);
      expect(factualAccuracy).toBe("unscored");
      const reason = expect.stringContaining("neither a reference nor context");
      expect(unscored).toContainEqual({ name: "factual_accuracy", reason });
    }
  });

  test("is not said of words that agree", async () => {
    const { factualAccuracy, verdict } = await judge({ ...boiling, reference: boiling.response });
    expect({ factualAccuracy, verdict }).toEqual({ factualAccuracy: "unscored", verdict: "pass" });
  });

  test("a number that the reference has otherwise is a contradiction", async () => {
    const judgement = await judge({
      ...boiling,
      reference: "Water boils at a temperature of 90 degrees at sea level.",
    });
    expect(judgement).toMatchObject({ verdict: "fail", factualAccuracy: "contradicted" });
  });

  test("words that the context lacks are no failure unless grounding is asked for", async () => {
    const foreign = { ...boiling, context: ["Bananas are yellow."] };
    expect((await judge(foreign)).verdict).toBe("pass");
    expect((await judge(foreign, { judges: ["grounding"] })).verdict).toBe("fail");
  });
});

describe("embeddings", () => {
  test("tell an answer to another question from the right one", async () => {
    const prompt = "How do whales breathe?";
    const relevanceOf = async (response: string) =>
      (await judgeByVectors({ prompt, response })).metrics.relevanceScore ?? Number.NaN;
    expect(await relevanceOf("Whales breathe air through a blowhole.")).toBe(1);
    expect(await relevanceOf("Shares fell on Monday.")).toBeLessThan(0.3);
  });

  test("tell how much each sentence is like the next", async () => {
    const along = (text: string) => (text.includes("salt") ? [1, 0] : [0.6, 0.8]);
    const { judge: judgeByModel } = opened.create({ embed: along });
    const response = "It boils at 100 degrees. Some salt raises that. It freezes at zero.";
    const { metrics, unscored } = await judgeByModel({ ...boiling, response });
    expect(metrics.coherenceScore).toBe(0.6);
    expect(unscored.map(({ name }) => name)).toContain("relevance");
  });

  test("that fail leave relevance and coherence unscored with the reason", async () => {
    const { judge: judgeByModel } = opened.create({
      embed: () => {
        throw new Error("the model is gone");
      },
    });
    const { unscored, verdict } = await judgeByModel({
      ...boiling,
      response: `${boiling.response} It is so.`,
    });
    expect(verdict).toBe("pass");
    for (const name of ["coherence", "relevance"])
      expect(unscored).toContainEqual({ name, reason: expect.stringContaining("could not embed") });
  });

  test("that no model makes leave relevance unscored: a right answer need not repeat its prompt", async () => {
    const paris = { prompt: "What is the capital of France?", response: "Paris, on the Seine." };
    const { verdict, unscored } = await judge(paris);
    expect(verdict).toBe("pass");
    const reason = "there is no embedding model to score it by";
    expect(unscored).toContainEqual({ name: "relevance", reason });
  });

  test("the keywords that were asked for make a heuristic quality where no model judges", async () => {
    const { metrics } = await judgeByVectors(boiling, { required_keywords: ["water", "degrees"] });
    const { metrics: judged } = await opened
      .create({ embed: "words" })
      .judge(boiling, { required_keywords: ["water"] }, { judgeModel: "fake-model" });
    expect(metrics.customMetrics.heuristic_quality).toBeWithin(0.5, 1);
    expect(judged.customMetrics.heuristic_quality).toBeUndefined();
  });
});

describe("whatever the answer is", () => {
  test("no text and no number make it fail or leave 0 to 1", async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 80 }),
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
        .map((units) => String.fromCharCode(...units)),
    );
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const check = async (prompt: string, response: string, reference: string, least: number) => {
      const {
        score = 0,
        opinions,
        metrics,
      } = await judge(
        { prompt, response, reference },
        { min_coherence_score: least, min_relevance_score: least, required_keywords: ["a"] },
      );
      expect(score).toBeWithin(0, 1.0001);
      for (const opinion of opinions) expect(opinion.score ?? 0).toBeWithin(0, 1.0001);
      for (const value of Object.values(metrics.customMetrics)) expect(Number.isFinite(value)).toBe(true);
    };
    await fc.assert(fc.asyncProperty(text, text, text, share, check), { numRuns: 60 });
  });

  test("one of ten megabytes is unscored, and the next is judged as ever", async () => {
    const huge = "wörld is big. ".repeat(750_000);
    const { unscored, verdict } = await judge({ ...boiling, response: huge, context: [huge] });
    expect(verdict).toBe("abstain");
    expect(unscored.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["length-and-keywords", "coherence", "relevance", "factual_accuracy"]),
    );
    expect(unscored.find(({ name }) => name === "factual_accuracy")?.reason).toMatch(
      /^grounding: the input has \d+ bytes/,
    );
    expect((await judge(boiling)).verdict).toBe("pass");
  });

  test("repetition warns where nothing scores coherence, which is unscored all the same", async () => {
    const { violations, unscored } = await judge({ ...boiling, response: "water water water water water" });
    expect(violations).toContainEqual(
      expect.objectContaining({ rule: "min_coherence_score", observed: 0.5 }),
    );
    expect(unscored.map(({ name }) => name)).toContain("coherence");
  });

  test("an aborted judgement is thrown, not told as a verdict", async () => {
    const stopped = new AbortController();
    stopped.abort(new Error("the caller went away"));
    const judged = opened
      .create()
      .validation.judgeAnswer(boiling, parseCriteria({}), { signal: stopped.signal });
    await expect(judged).rejects.toThrow("the caller went away");
  });
});
