import { AppError } from "../../../base/index.ts";
import type { JsonObject } from "../../../contract/index.ts";
import { askEvaluator, type EvaluatorDeps } from "./ask-evaluator.ts";
import { quote, readReply } from "./read-reply.ts";
import { writeMaterial, writeRubricTask } from "./rubric-prompt.ts";
import { warnOfSelfJudging } from "./self-judging.ts";

export const defaultRubric: readonly string[] = ["accuracy", "relevance", "completeness", "clarity"];
const maxRubricCriteria = 20;
const maxCriterionCharacters = 100;
const maxReasonCharacters = 200;
const worst = 0;
const best = 10;
/** A criterion costs its name again, its score and the marks between; names take at most a token a character. */
const tokensPerScore = 12;
const tokensPerReason = 160;
/** A criterion scored below this is named among the reasons. */
const lowScore = 5;

export type RatingQuestion = {
  readonly prompt: string;
  readonly response: string;
  /** An answer known to be right. */
  readonly reference?: string;
  /** Texts that the answer should rest on. */
  readonly context?: readonly string[];
  /** What is scored, by name; absent: accuracy, relevance, completeness and clarity. */
  readonly criteria?: readonly string[];
  readonly judgeModel: string;
  /** The model that wrote the answer. */
  readonly answeredBy?: string;
  /** Asks the judge for a sentence of reason; small models score worse then. */
  readonly explain?: boolean;
  readonly depth?: number;
};

export type Rating =
  | {
      readonly scored: true;
      /** From 0 to 1: the mean of the criteria / 10. */
      readonly score: number;
      /** From 0 to 10 each. */
      readonly criteria: Readonly<Record<string, number>>;
      /** The judge's own reason, then the criteria that it scored low. */
      readonly reasons: readonly string[];
      readonly warnings: readonly string[];
    }
  | { readonly scored: false; readonly reason: string; readonly warnings: readonly string[] };

/**
 * Scores an answer by a rubric: each criterion from 0 to 10 by the judge, their mean by us. Whatever keeps the judge
 * from a full reply makes the rating unscored; only the signal's abort and criteria that cannot be asked are thrown.
 */
export async function rateAnswer(
  deps: EvaluatorDeps,
  { response, criteria = defaultRubric, explain = false, ...question }: RatingQuestion,
  signal: AbortSignal,
): Promise<Rating> {
  checkRubric(criteria);
  const { judgeModel, answeredBy, prompt, reference, context, depth } = question;
  const warnings = await warnOfSelfJudging(deps, judgeModel, answeredBy);
  const asked = {
    judgeModel,
    task: writeRubricTask({
      ...{ criteria, explain, hasReference: reference !== undefined },
      hasContext: context !== undefined && context.length > 0,
    }),
    material: `${writeMaterial({ prompt, reference, context })}\n\nAnswer: ${response}`,
    schema: toRubricSchema(criteria, explain),
    maxTokens: countTokens(criteria, explain),
    ...(depth !== undefined && { depth }),
  };
  const reply = await askEvaluator(deps, asked, signal);
  if (!reply.scored) return { ...reply, warnings };
  return { ...readRating(reply.answer.text, criteria), warnings };
}

/** Throws AppError invalid_request for criteria that no JSON object of a sensible size can hold. */
export function checkRubric(criteria: readonly string[], path = "criteria"): void {
  const problem = findRubricProblem(criteria);
  if (problem) throw new AppError("invalid_request", `${path}: ${problem}`);
}

function findRubricProblem(criteria: readonly string[]): string | undefined {
  if (criteria.length === 0 || criteria.length > maxRubricCriteria) {
    return `expected 1 to ${maxRubricCriteria} names of criteria, not ${criteria.length}`;
  }
  const wrong = criteria.find((name) => name.trim() === "" || name.length > maxCriterionCharacters);
  if (wrong !== undefined) {
    return `expected a name of 1 to ${maxCriterionCharacters} characters, not ${quote(wrong)}`;
  }
  if (criteria.includes("reason")) return 'the name "reason" is taken by the judge\'s own reason';
  const twice = criteria.find((name, index) => criteria.indexOf(name) !== index);
  return twice === undefined ? undefined : `${quote(twice)} is given more than once`;
}

function toRubricSchema(criteria: readonly string[], explain: boolean): JsonObject {
  const scores = criteria.map((name) => [name, { type: "integer", minimum: worst, maximum: best }] as const);
  const reason = ["reason", { type: "string", maxLength: maxReasonCharacters }] as const;
  return {
    type: "object",
    properties: Object.fromEntries(explain ? [...scores, reason] : scores),
    required: explain ? [...criteria, "reason"] : criteria,
    additionalProperties: false,
  };
}

function countTokens(criteria: readonly string[], explain: boolean): number {
  const names = criteria.reduce((sum, name) => sum + name.length + tokensPerScore, 0);
  return names + (explain ? tokensPerReason : 0);
}

type Scores =
  | Omit<Extract<Rating, { scored: true }>, "warnings">
  | Omit<Extract<Rating, { scored: false }>, "warnings">;

/** A reply with all criteria as numbers from 0 to 10, or why it is none; a mean that the judge gives is not read. */
export function readRating(text: string, criteria: readonly string[]): Scores {
  const reply = readReply(text);
  if (!reply.ok) return { scored: false, reason: reply.reason };
  const scores: (readonly [string, number])[] = [];
  for (const name of criteria) {
    const value = Object.hasOwn(reply.value, name) ? reply.value[name] : undefined;
    if (value === undefined) return { scored: false, reason: `the judge gave no score for ${quote(name)}` };
    if (typeof value !== "number" || !(value >= worst && value <= best)) {
      const given = quote(JSON.stringify(value));
      const reason = `the judge gave ${given} for ${quote(name)}, which is no number from ${worst} to ${best}`;
      return { scored: false, reason };
    }
    scores.push([name, value]);
  }
  const mean = scores.reduce((sum, [, value]) => sum + value, 0) / scores.length;
  const { reason } = reply.value;
  const said = typeof reason === "string" && reason.trim() !== "" ? [reason.trim()] : [];
  const low = scores.filter(([, value]) => value < lowScore);
  return {
    scored: true,
    score: mean / best,
    criteria: Object.fromEntries(scores),
    reasons: [...said, ...low.map(([name, value]) => `${name}: ${value} of ${best}`)],
  };
}
