import { expect, test } from "bun:test";
import type { Judgement } from "./judgement.ts";
import { toJudgementBody } from "./judgement-body.ts";

const judgement: Judgement = {
  verdict: "fail",
  message: "too short; no example",
  score: 0.5,
  violations: [
    { rule: "min_response_length", severity: "failure", observed: 3, limit: 10, message: "too short" },
    { rule: "required_keywords", severity: "warning", message: "no example" },
  ],
  unscored: [{ name: "coherence", reason: "no model" }],
  suggestions: ["Ask for more detail"],
  opinions: [
    {
      judge: "grounding",
      verdict: "pass",
      score: 1,
      weight: 2,
      threshold: 0.5,
      reasons: [],
      metrics: { grounding: 1 },
    },
  ],
  factualAccuracy: "supported",
  metrics: {
    ...{ durationMs: 12, retryCount: 1, responseLength: 3, relevanceScore: 0.9 },
    customMetrics: { coherence_legacy: 0.8 },
  },
  warnings: ["it judges itself"],
};

test("a failure is the ValidationResult of its names, with the triple of promptfoo", () => {
  expect(toJudgementBody(judgement)).toEqual({
    result: "Failure",
    verdict: "fail",
    message: "too short; no example",
    reason: "too short; no example",
    score: 0.5,
    pass: false,
    error_details: "too short",
    violations: [
      { rule: "min_response_length", severity: "failure", observed: 3, limit: 10, message: "too short" },
      { rule: "required_keywords", severity: "warning", message: "no example" },
    ],
    unscored: [{ name: "coherence", reason: "no model" }],
    suggestions: ["Ask for more detail"],
    factual_accuracy: "supported",
    metrics: {
      ...{ duration: 12, retry_count: 1, response_length: 3, relevance_score: 0.9 },
      custom_metrics: { coherence_legacy: 0.8 },
    },
    opinions: [
      {
        judge: "grounding",
        verdict: "pass",
        score: 1,
        weight: 2,
        threshold: 0.5,
        reasons: [],
        metrics: { grounding: 1 },
      },
    ],
    warnings: ["it judges itself"],
    definition_version: "judgement-1",
  });
});

test("judges of a whole answer are told with how much they agree", () => {
  const bandOf = (ensemble_agreement: number) => {
    const metrics = { ...judgement.metrics, customMetrics: { ensemble_agreement } };
    return toJudgementBody({ ...judgement, metrics }).agreement;
  };
  expect([0.9, 0.7, 0.5, 0.1].map(bandOf)).toEqual(["strong", "moderate", "weak", "none"]);
});

test("warnings pass, and what could not be judged does not", () => {
  expect(toJudgementBody({ ...judgement, verdict: "warn" })).toMatchObject({ result: "Warning", pass: true });
  expect(toJudgementBody({ ...judgement, verdict: "pass" })).toMatchObject({ result: "Success", pass: true });
  const { score: _, ...unscored } = judgement;
  expect(toJudgementBody({ ...unscored, verdict: "abstain" })).toMatchObject({ pass: false, score: null });
});
