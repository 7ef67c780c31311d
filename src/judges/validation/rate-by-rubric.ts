import { toThresholdViolation } from "./call-judge.ts";
import type { Criteria } from "./criteria.ts";
import type { Finding } from "./finding.ts";
import type { JudgedText, Opinion } from "./judgement.ts";
import type { EvaluatorDeps } from "./rubric/ask-evaluator.ts";
import { type Rating, rateAnswer } from "./rubric/rate-answer.ts";

export const rubricJudge = "rubric";
/** Ratings of criteria are from 0 to it. */
const bestRating = 10;

/** A rubric that was asked for is never left out in silence. */
export const rubricWithoutModel: Finding = {
  unscored: [{ name: rubricJudge, reason: "there is no judge model to rate it", fault: true }],
};

export type RubricQuestion = {
  readonly answer: JudgedText;
  readonly criteria: Criteria;
  readonly judgeModel: string;
  readonly answeredBy?: string;
  readonly depth?: number;
};

/** Has a model rate an answer; a blank one is not sent to it. */
export async function rateByRubric(
  deps: EvaluatorDeps,
  { answer, criteria, judgeModel, answeredBy, depth }: RubricQuestion,
  signal: AbortSignal,
): Promise<Rating> {
  if (answer.response.trim() === "") return { scored: false, reason: "the answer is blank", warnings: [] };
  const { prompt, response, reference, context } = answer;
  const question = {
    ...{ prompt, response, judgeModel },
    ...(reference !== undefined && { reference }),
    ...(context && context.length > 0 && { context }),
    ...(criteria.rubric.criteria && { criteria: criteria.rubric.criteria }),
    ...(answeredBy !== undefined && { answeredBy }),
    ...(depth !== undefined && { depth }),
  };
  return await rateAnswer(deps, question, signal);
}

export function toRubricFinding(rating: Rating, { rubric }: Criteria): Finding {
  const { warnings } = rating;
  if (!rating.scored) {
    const { reason } = rating;
    return {
      unscored: [{ name: rubricJudge, reason, ...(rubric.isAsked && { fault: true as const }) }],
      warnings,
    };
  }
  const { score, reasons, criteria: metrics } = rating;
  const threshold = rubric.minScore;
  const scored = { judge: rubricJudge, score, ...(threshold !== undefined && { threshold }) };
  const violations = toThresholdViolation(scored);
  const verdict = violations.length > 0 ? "fail" : "pass";
  const opinion: Opinion = { ...scored, verdict, weight: rubric.weight, reasons, metrics };
  return { opinion, violations, metrics: { rubric_score: score }, warnings };
}

/** From 0 to 1; undefined where nobody rated it. */
export function readClarity(rating: Rating | undefined): number | undefined {
  const clarity = rating?.scored ? rating.criteria.clarity : undefined;
  return clarity === undefined ? undefined : clarity / bestRating;
}
