import { consistencyOf } from "../consistency/consistency.ts";
import type { Embedder } from "../similarity/embedder.ts";
import { type Consensus, embedTexts, type Redundancy } from "./agreement.ts";
import { maxControlAnswers } from "./control.ts";
import type { TeamDrift } from "./drift.ts";
import { measureEffect, minRepeatsForInterval, type RepeatScores } from "./effect.ts";
import type { RepeatRecord } from "./measure-repeat.ts";
import { addCosts, tokensOf } from "./meter.ts";
import { definitionVersion, type Plan } from "./plan.ts";
import type { Quality } from "./quality.ts";
import { measureRelated } from "./related.ts";
import type {
  AgentConsistency,
  ArmCosts,
  CoordinationResult,
  MeasuredEffect,
  RepeatSummary,
} from "./result.ts";

export type SummaryTools = { readonly embedder: Embedder; readonly now: () => number };

/** What the repeats say together. A repeat whose final answer, or no independent one, could be judged is left out. */
export async function summarise(
  { embedder, now }: SummaryTools,
  { plan, records, drift }: { plan: Plan; records: readonly RepeatRecord[]; drift: TeamDrift },
  signal: AbortSignal,
): Promise<CoordinationResult> {
  const { spec, agents, judge, seed } = plan;
  const scores = records.flatMap((record) => toScores(record) ?? []);
  const effect = measureEffectOf(scores, seed);
  const shown = records.find((record) => toScores(record)) ?? records[0];
  const { costs, overhead } = sumCosts(records);
  const control = summariseControl(records);
  const byAgent = agents.map((_, index) => records.flatMap((record) => scoreOfAgent(record, index)));
  return {
    ...{ definitionVersion, task: spec.task, strategy: spec.strategy, rounds: spec.rounds },
    models: agents.map(({ id }) => id),
    judge: judge.type === "model" ? judge.model.id : "reference",
    ...{ embedder: embedder.name, seed, temperature: spec.temperature, maxTokens: spec.maxTokens, effect },
    consensus: meanConsensus(records.map(({ consensus }) => consensus)),
    ...majorityOf(records),
    redundancy: meanRedundancy(records.map(({ redundancy }) => redundancy)),
    behaviouralConsistency: await measureBehaviour(embedder, records, signal),
    ...{ costs, ...(overhead && { overhead }), ...(control && { control }) },
    related: measureRelated(scores, byAgent, effect.scored ? effect : undefined),
    repeats: records.map(toSummary),
    repeatsDropped: records.length - scores.length,
    unscored: records.flatMap(({ repeat, unscored }) => unscored.map((each) => ({ ...each, repeat }))),
    warnings: findWarnings(plan, records, effect),
    ...{ drift, finalAnswer: shown?.final ?? "", agentAnswers: shown?.answers ?? [], finishedAtMs: now() },
  };
}

/** Undefined for a repeat that does not count. */
export function toScores({ quality, baseline, control }: RepeatRecord): RepeatScores | undefined {
  const [first, ...others] = baseline.answers.flatMap((judged) =>
    judged.quality.scored ? [judged.quality.score] : [],
  );
  if (!quality.scored || first === undefined) return undefined;
  const best = control?.control?.bestQuality;
  return {
    ...{ quality: quality.score, baseline: [first, ...others] },
    ...(best !== undefined && { bestOfMatched: best }),
  };
}

function measureEffectOf([first, ...others]: readonly RepeatScores[], seed: number): MeasuredEffect {
  if (!first) return { scored: false, reason: "in no repeat could the judge score the final answer" };
  return { scored: true, ...measureEffect([first, ...others], seed) };
}

function scoreOfAgent({ baseline }: RepeatRecord, agent: number): readonly number[] {
  const quality = baseline.answers[agent]?.quality;
  return quality?.scored ? [quality.score] : [];
}

function toSummary(record: RepeatRecord): RepeatSummary {
  const { repeat, quality, baseline, control, consensus, isBaselineCached } = record;
  const scores = toScores(record);
  const effect = scores && measureEffect([scores], 0);
  return {
    ...{ repeat, ...(quality.scored && { quality: quality.score }) },
    baseline: baseline.answers.map((each) => (each.quality.scored ? each.quality.score : null)),
    ...(effect && { omega: effect.omega, ...(effect.isGammaDefined && { gamma: effect.gamma }) }),
    ...(control?.control && { bestOfMatched: control.control.bestQuality }),
    ...(consensus.rate !== undefined && { consensusRate: consensus.rate }),
    ...{ isBaselineCached, isDropped: scores === undefined },
  };
}

function meanConsensus(all: readonly Consensus[]): Consensus {
  const rate = meanOf(all.flatMap((each) => each.rate ?? []));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    ...(rate !== undefined && { rate }),
    pairs: sum(all.map(({ pairs }) => pairs)),
    pairsFailed: sum(all.map(({ pairsFailed }) => pairsFailed)),
  };
}

function majorityOf(records: readonly RepeatRecord[]): { readonly majorityRate?: number } {
  const rate = meanOf(records.flatMap(({ majorityRate: each }) => (each?.scored ? [each.value] : [])));
  return rate === undefined ? {} : { majorityRate: rate };
}

function meanRedundancy(all: readonly Redundancy[]): Redundancy {
  const meanSimilarity = meanOf(all.flatMap((each) => each.meanSimilarity ?? []));
  const addingNothing = meanOf(all.map((each) => each.addingNothing)) ?? 0;
  return { ...(meanSimilarity !== undefined && { meanSimilarity }), addingNothing };
}

/** An agent who answers more than once in a repeat is taken by its last answer. */
async function measureBehaviour(
  embedder: Embedder,
  records: readonly RepeatRecord[],
  signal: AbortSignal,
): Promise<readonly AgentConsistency[]> {
  const lasts = records.map(({ answers }) => new Map(answers.map(({ agentId, text }) => [agentId, text])));
  const ids = [...new Set(lasts.flatMap((last) => [...last.keys()]))];
  const behaviours: AgentConsistency[] = [];
  for (const agentId of ids) {
    const texts = lasts.flatMap((last) => last.get(agentId) ?? []);
    const { vectors } = await embedTexts(embedder, texts, signal);
    behaviours.push({ agentId, consistency: consistencyOf(vectors.flatMap((vector) => vector ?? [])) });
  }
  return behaviours;
}

function sumCosts(records: readonly RepeatRecord[]): Pick<CoordinationResult, "costs" | "overhead"> {
  const sum = (arm: keyof ArmCosts) => addCosts(records.map(({ costs }) => costs[arm]));
  const costs = {
    ...{ baseline: sum("baseline"), coordinated: sum("coordinated") },
    ...{ control: sum("control"), judging: sum("judging") },
  };
  const { baseline, coordinated } = costs;
  if (baseline.calls === 0 || tokensOf(baseline) === 0) return { costs };
  const overhead = {
    calls: coordinated.calls / baseline.calls,
    tokens: tokensOf(coordinated) / tokensOf(baseline),
  };
  return { costs, overhead };
}

function summariseControl(records: readonly RepeatRecord[]): CoordinationResult["control"] {
  const controls = records.flatMap(({ control }) => control?.control ?? []);
  const affordable = meanOf(controls.map((each) => each.affordable));
  const answers = meanOf(controls.map((each) => each.answers));
  if (affordable === undefined || answers === undefined) return undefined;
  return { affordable, answers, isCapped: controls.some((each) => each.affordable > each.answers) };
}

function findWarnings(
  { spec }: Plan,
  records: readonly RepeatRecord[],
  effect: MeasuredEffect,
): readonly string[] {
  const qualities = records.flatMap(({ quality, baseline }): readonly Quality[] => [
    quality,
    ...baseline.answers.map((judged) => judged.quality),
  ]);
  const answers = records.flatMap(({ answers }) => answers);
  const cut = answers.filter(({ isCut }) => isCut).length;
  const isCapped = records.some(({ control }) => (control?.control?.affordable ?? 0) > maxControlAnswers);
  return [
    ...new Set(qualities.flatMap(({ warnings }) => warnings)),
    ...(cut > 0
      ? [
          `${cut} of ${answers.length} answers of the team were cut at ${spec.maxTokens} tokens; raise max_tokens`,
        ]
      : []),
    ...(spec.temperature === 0 && spec.agents.length > 1
      ? ["at temperature 0 agents of one model all say the same; coordination has nothing to work on"]
      : []),
    ...(isCapped
      ? [
          `the tokens would pay for more than ${maxControlAnswers} independent answers: the control had fewer, which flatters gamma_compute_matched`,
        ]
      : []),
    ...(effect.scored && !effect.omegaInterval
      ? [
          `fewer than ${minRepeatsForInterval} repeats count: there are no intervals, and nothing is called effective`,
        ]
      : []),
  ];
}

function meanOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((total, value) => total + value, 0) / values.length;
}
