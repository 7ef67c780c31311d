/** Which judges look at an answer, each once, and what they are given for it. */
import type { JsonObject } from "../../contract/index.ts";
import { type Criteria, type JudgeChoice, toRulesBody } from "./criteria.ts";
import type { JudgedText } from "./judgement.ts";

export const textJudge = "length-and-keywords";
export const coherenceJudge = "coherence";
export const relevanceJudge = "relevance";
export const groundingJudge = "grounding";

export type JudgePlan = {
  readonly plugin: string;
  readonly weight: number;
  readonly threshold?: number;
  readonly criteria: JsonObject;
  readonly context: readonly string[];
  /** Whether what it finds wrong counts; else it is asked for its metrics alone. */
  readonly isCounted: boolean;
};

/** In the order in which rules are evaluated: the built-in ones, those that were named, validators. */
export function planJudges(criteria: Criteria, answer: JudgedText): readonly JudgePlan[] {
  const { looksAt, judges, customValidators } = criteria;
  const named = new Map(judges.map((judge) => [judge.plugin, judge]));
  const asked = new Set([...named.keys(), ...customValidators]);
  const builtIn = [
    ...(looksAt.text ? [textJudge] : []),
    ...(looksAt.coherence ? [coherenceJudge] : []),
    ...(looksAt.relevance ? [relevanceJudge] : []),
  ];
  const rules = toRulesBody(criteria);
  const context = answer.context ?? [];
  const plans = [...new Set([...builtIn, ...asked])].map((plugin) =>
    toPlan(plugin, named.get(plugin), rules, context),
  );
  const evidence = listEvidence(answer);
  if (criteria.requireFactualAccuracy && evidence.length > 0 && !asked.has(groundingJudge)) {
    const grounding = toPlan(groundingJudge, undefined, rules, evidence);
    plans.push({ ...grounding, weight: 0, isCounted: false });
  }
  return plans;
}

/** Texts that are taken as true. */
export function listEvidence({ reference, context = [] }: JudgedText): readonly string[] {
  return [...(reference === undefined ? [] : [reference]), ...context].filter((text) => text.trim() !== "");
}

function toPlan(
  plugin: string,
  choice: JudgeChoice | undefined,
  rules: JsonObject,
  context: readonly string[],
): JudgePlan {
  return {
    ...{ plugin, context, isCounted: true },
    weight: choice?.weight ?? 1,
    criteria: { ...rules, ...choice?.criteria },
    ...(choice?.threshold !== undefined && { threshold: choice.threshold }),
  };
}
