import { roundScore, type Verdict, type Violation, verdictOf } from "../verdict.ts";
import { describeDisagreement, measureAgreement } from "./ensemble-agreement.ts";
import type { Finding } from "./finding.ts";
import type { Judgement, Opinion, ValidationMetrics } from "./judgement.ts";
import { coherenceJudge, relevanceJudge, textJudge } from "./plan-judges.ts";

/** In the order in which violations are told; rules of other judges come after. */
const suggestions: Readonly<Record<string, string>> = {
  blank_response:
    "Ask again: a model that answers nothing may have run into a stop sequence or a limit of tokens",
  min_response_length: "Ask for more detail, or lower min_response_length",
  max_response_length: "Ask for a shorter answer, or raise max_response_length",
  min_coherence_score:
    "Ask for whole sentences; against repetition raise the temperature or the repeat penalty",
  repeated_sentence: "Raise the temperature or the repeat penalty, or allow fewer tokens",
  word_salad: "Lower the temperature, or take a larger model",
  min_relevance_score: "Say more plainly in the prompt what is asked for",
  forbidden_keywords: "Tell the model which phrases it is to leave out, or take them off forbidden_keywords",
  required_keywords: "Name in the prompt what the answer has to contain",
  more_keywords: "Look at fewer keywords at a time",
  require_factual_accuracy:
    "Give the model the evidence with the question, and have it answer from that alone",
  compliance: "Give more of the evidence, have a person check the answer, or use it where less is at stake",
};
const ruleOrder = Object.keys(suggestions);
const maxTold = 3;
/** Judges of one rule each need not agree with those that judge a whole answer. */
const ruleJudges: ReadonlySet<string> = new Set([textJudge, coherenceJudge, relevanceJudge]);

export type Measures = Pick<ValidationMetrics, "durationMs" | "retryCount" | "responseLength">;

/** One judgement of all that was found: every violation, the worst of them first in the message. */
export function conclude(findings: readonly Finding[], measures: Measures): Judgement {
  const opinions = findings.flatMap(({ opinion }) => (opinion ? [opinion] : []));
  const violations = findings.flatMap((finding) => finding.violations ?? []).sort(byRule);
  const unscored = findings.flatMap((finding) => finding.unscored ?? []);
  const factualAccuracy = findings.find((finding) => finding.factualAccuracy)?.factualAccuracy;
  const score = toScore(opinions);
  const agreement = agreementOf(opinions);
  const isJudged = opinions.some(({ verdict }) => verdict !== "abstain") || factualAccuracy === "supported";
  const verdict = violations.length > 0 || isJudged ? verdictOf(violations) : "abstain";
  return {
    ...{ verdict, violations, unscored, opinions },
    message: toMessage(verdict, violations, unscored[0]),
    ...(score !== undefined && { score }),
    ...(factualAccuracy && { factualAccuracy }),
    suggestions: ruleOrder.flatMap((rule) => {
      const suggestion = violations.some((violation) => violation.rule === rule) && suggestions[rule];
      return suggestion ? [suggestion] : [];
    }),
    metrics: { ...measures, ...toMetrics(findings, opinions, agreement) },
    warnings: [
      ...new Set(findings.flatMap((finding) => finding.warnings ?? [])),
      ...(agreement === undefined ? [] : describeDisagreement(agreement)),
    ],
  };
}

function byRule(left: Violation, right: Violation): number {
  return placeOf(left) - placeOf(right);
}

function placeOf({ rule }: Violation): number {
  const place = ruleOrder.indexOf(rule);
  return place < 0 ? ruleOrder.length : place;
}

/** Weighted mean of the scores that there are, to 4 decimals. */
function toScore(opinions: readonly Opinion[]): number | undefined {
  let sum = 0;
  let weights = 0;
  for (const { score, weight } of opinions) {
    if (score === undefined) continue;
    sum += score * weight;
    weights += weight;
  }
  return weights > 0 ? roundScore(sum / weights) : undefined;
}

function toMessage(
  verdict: Verdict,
  violations: readonly Violation[],
  unscored: { readonly name: string; readonly reason: string } | undefined,
): string {
  if (verdict === "abstain") {
    return unscored
      ? `nothing could be judged: ${unscored.name}: ${unscored.reason}`
      : "nothing was to be judged";
  }
  if (violations.length === 0) return "no rule is broken";
  const failures = violations.filter(({ severity }) => severity === "failure");
  const warnings = violations.filter(({ severity }) => severity === "warning");
  const told = [...failures, ...warnings].map(({ message }) => message);
  const rest = told.length - maxTold;
  return told.slice(0, maxTold).join("; ") + (rest > 0 ? `; and ${rest} more` : "");
}

function agreementOf(opinions: readonly Opinion[]): number | undefined {
  const whole = opinions.filter(({ judge, weight }) => weight > 0 && !ruleJudges.has(judge));
  return measureAgreement(whole.flatMap(({ score }) => (score === undefined ? [] : [score])));
}

function toMetrics(
  findings: readonly Finding[],
  opinions: readonly Opinion[],
  agreement: number | undefined,
) {
  const coherence = opinions.find(({ judge }) => judge === coherenceJudge);
  const relevance = opinions.find(({ judge }) => judge === relevanceJudge);
  const legacy = {
    coherence_legacy: coherence?.metrics.coherence_legacy,
    relevance_legacy: relevance?.metrics.relevance_legacy,
    ensemble_agreement: agreement,
  };
  return {
    ...(coherence?.score !== undefined && { coherenceScore: coherence.score }),
    ...(relevance?.score !== undefined && { relevanceScore: relevance.score }),
    customMetrics: Object.fromEntries(
      [...Object.entries(legacy), ...findings.flatMap(({ metrics = {} }) => Object.entries(metrics))].filter(
        (entry): entry is [string, number] => entry[1] !== undefined,
      ),
    ),
  };
}
