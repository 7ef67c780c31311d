import { bootstrapInTurns } from "../statistics/bootstrap.ts";
import { mean } from "../statistics/descriptive.ts";
import { roundScore, type Verdict } from "../verdict.ts";
import { hasPassed, type Outcome } from "./outcome.ts";
import type { Bar } from "./suite.ts";

/** A measure over cases with the interval that holds it, or why there is none. */
export type Estimate =
  | {
      readonly scored: true;
      readonly value: number;
      readonly low: number;
      readonly high: number;
      readonly level: number;
      /** Cases that it rests on. */
      readonly units: number;
    }
  | { readonly scored: false; readonly reason: string };

export type JudgeMean = { readonly name: string; readonly mean: number; readonly answers: number };

export type Summary = {
  readonly answers: number;
  readonly passed: number;
  /** Of those that passed. */
  readonly warned: number;
  readonly failed: number;
  /** Nothing could be said of these; they count for nothing. */
  readonly abstained: number;
  /** Those that did not fail, and of which a judge that was to look could say nothing. */
  readonly unjudged: number;
  /** Measures that are missing, over all answers. */
  readonly unscored: number;
  /** Mean over cases of the share of its answers that passed; Wilson's interval. */
  readonly passRate: Estimate;
  /** Mean over cases of the mean of its answers; bootstrapped over cases. */
  readonly score: Estimate;
  readonly judges: readonly JudgeMean[];
  readonly durationMs: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
};

export type BarResult = { readonly verdict: Verdict; readonly reasons: readonly string[] };

const level = 0.95;
/** 0.975 quantile of the normal distribution. */
const z = 1.959963984540054;

export async function summarise(outcomes: readonly Outcome[], seed: number): Promise<Summary> {
  const byCase = [...groupByCase(outcomes).values()];
  const total = (value: (outcome: Outcome) => number) => outcomes.reduce((sum, item) => sum + value(item), 0);
  const count = (holds: (outcome: Outcome) => boolean) => total((outcome) => (holds(outcome) ? 1 : 0));
  return {
    answers: outcomes.length,
    passed: count(hasPassed),
    warned: count(({ verdict }) => verdict === "warn"),
    failed: count(({ verdict }) => verdict === "fail"),
    abstained: count(({ verdict }) => verdict === "abstain"),
    unjudged: count(isUnjudged),
    unscored: total(({ unscored }) => unscored.length),
    passRate: estimatePassRate(byCase.map(passShare)),
    score: await estimateMean(byCase.map(meanScore), seed),
    judges: meanByJudge(outcomes),
    durationMs: total(({ durationMs }) => durationMs),
    promptTokens: total(({ promptTokens }) => promptTokens),
    completionTokens: total(({ completionTokens }) => completionTokens),
  };
}

/** Where a judge failed, what the others say of the answer is not all that was asked. */
function isUnjudged({ verdict, unscored }: Outcome): boolean {
  if (verdict === "fail") return false;
  return verdict === "abstain" ? unscored.length > 0 : unscored.some(({ fault }) => fault);
}

/** What keeps a whole run below its bar. What was not judged is no success: a judge that fails must not open a gate. */
export function compareWithBar(summary: Summary, bar: Bar): BarResult {
  const { passRate, score, warned, unjudged } = summary;
  if (!passRate.scored) return { verdict: "abstain", reasons: [passRate.reason] };
  const reasons = [
    ...(roundScore(passRate.value) < roundScore(bar.passRate)
      ? [`the pass rate is ${roundScore(passRate.value)}, below ${bar.passRate}`]
      : []),
    ...(bar.minScore === undefined ? [] : compareScore(score, bar.minScore)),
    ...(bar.maxWarnings !== undefined && warned > bar.maxWarnings
      ? [`${warned} answers have warnings, more than ${bar.maxWarnings}`]
      : []),
  ];
  if (reasons.length > 0) return { verdict: "fail", reasons };
  if (unjudged > bar.maxUnjudged) {
    const reason = `answers that could not be judged: ${unjudged}, and at most ${bar.maxUnjudged} may be`;
    return { verdict: "abstain", reasons: [reason] };
  }
  return { verdict: warned > 0 ? "warn" : "pass", reasons };
}

function compareScore(score: Estimate, least: number): readonly string[] {
  if (!score.scored) return [`no answer has a score that could reach ${least}`];
  const value = roundScore(score.value);
  return value < roundScore(least) ? [`the mean score is ${value}, below ${least}`] : [];
}

export function groupByCase(outcomes: readonly Outcome[]): ReadonlyMap<string, readonly Outcome[]> {
  return Map.groupBy(outcomes, (outcome) => outcome.case);
}

/** Of the answers to one case; undefined where nothing can be said of any. */
export function passShare(outcomes: readonly Outcome[]): number | undefined {
  const judged = outcomes.filter(({ verdict }) => verdict !== "abstain");
  return judged.length === 0 ? undefined : judged.filter(hasPassed).length / judged.length;
}

export function meanScore(outcomes: readonly Outcome[]): number | undefined {
  const scores = outcomes.flatMap(({ score }) => (score === undefined ? [] : [score]));
  return scores.length === 0 ? undefined : mean(scores);
}

/**
 * Wilson's score interval (Wilson 1927) with n = cases: answers to one prompt are alike, so that they do not make it
 * narrower. (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n).
 */
function estimatePassRate(shares: readonly (number | undefined)[]): Estimate {
  const judged = shares.filter((share) => share !== undefined);
  const n = judged.length;
  if (n === 0) return { scored: false, reason: "nothing was judged" };
  const p = mean(judged);
  const center = p + z ** 2 / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
  const scale = 1 + z ** 2 / n;
  const low = Math.max(0, (center - spread) / scale);
  const high = Math.min(1, (center + spread) / scale);
  return { scored: true, value: p, low, high, level, units: n };
}

async function estimateMean(scores: readonly (number | undefined)[], seed: number): Promise<Estimate> {
  const given = scores.filter((score) => score !== undefined);
  if (given.length === 0) return { scored: false, reason: "no answer has a score" };
  const { low, high } = await bootstrapInTurns(given, mean, { seed, level });
  return { scored: true, value: mean(given), low, high, level, units: given.length };
}

function meanByJudge(outcomes: readonly Outcome[]): readonly JudgeMean[] {
  const scores = new Map<string, number[]>();
  for (const { judges } of outcomes) {
    for (const [name, score] of Object.entries(judges)) {
      const known = scores.get(name);
      if (known) known.push(score);
      else scores.set(name, [score]);
    }
  }
  return [...scores]
    .map(([name, values]) => ({ name, mean: mean(values), answers: values.length }))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
}
