import { majorityRate } from "../consistency/closed-answers.ts";
import type { Embedder } from "../similarity/embedder.ts";
import type { Score } from "../statistics/score.ts";
import type { Unscored } from "../verdict.ts";
import {
  type Consensus,
  embedTexts,
  measureConsensus,
  measureRedundancy,
  type Redundancy,
} from "./agreement.ts";
import { askAgent } from "./ask-agent.ts";
import { type Baseline, type MeasureTools, measureBaseline, toSampling } from "./baseline.ts";
import { type ControlRecord, measureControl } from "./control.ts";
import { addCosts, type Cost, createTally, noCost } from "./meter.ts";
import { type Plan, teamSeed } from "./plan.ts";
import { judgeQuality, type Quality } from "./quality.ts";
import { strategies } from "./strategies/strategies.ts";
import type { AgentAnswer, Member, Team, TeamWork } from "./strategies/strategy.ts";

export type RepeatStep = "baseline" | "coordinating" | "judging" | "control";

/** One repeat of the whole measurement, as it is stored. */
export type RepeatRecord = {
  readonly repeat: number;
  readonly baseline: Baseline;
  readonly isBaselineCached: boolean;
  readonly answers: readonly AgentAnswer[];
  readonly positions: readonly string[];
  readonly final: string;
  /** Of the final answer. */
  readonly quality: Quality;
  readonly consensus: Consensus;
  /** Share of the agents who hold the commonest position; of closed tasks. */
  readonly majorityRate?: Score;
  readonly redundancy: Redundancy;
  readonly control?: ControlRecord;
  readonly costs: {
    readonly baseline: Cost;
    readonly coordinated: Cost;
    readonly control: Cost;
    readonly judging: Cost;
  };
  readonly unscored: readonly Unscored[];
  readonly finishedAtMs: number;
};

export type RepeatTools = MeasureTools & { readonly embedder: Embedder };

/** Baseline, the team's work, its judging, the control, the agreement: in this order, all by the same judge. */
export async function measureRepeat(
  tools: RepeatTools,
  { plan, repeat, onStep }: { plan: Plan; repeat: number; onStep: (step: RepeatStep) => void },
  signal: AbortSignal,
): Promise<RepeatRecord> {
  onStep("baseline");
  const { baseline, isCached } = await measureBaseline(tools, plan, repeat, signal);
  onStep("coordinating");
  const { work, cost: coordinated } = await coordinate(tools, plan, repeat, signal);
  onStep("judging");
  const judging = createTally();
  const quality = await judgeQuality({ ...tools, plan, tally: judging }, work.final, signal);
  const control = await controlOf(tools, { plan, repeat, baseline, coordinated, onStep }, signal);
  const agreement = await measureAgreement(tools.embedder, plan, work, signal);
  return {
    ...{ repeat, baseline, isBaselineCached: isCached, answers: work.answers, positions: work.positions },
    ...{ final: work.final.text, quality, ...agreement, ...(control && { control }) },
    costs: {
      ...{ baseline: baseline.cost, coordinated, control: control?.cost ?? noCost },
      judging: addCosts([judging.cost, baseline.judgeCost, control?.judgeCost ?? noCost]),
    },
    unscored: [...findUnscored(baseline, quality, control), ...agreement.unscored],
    finishedAtMs: tools.now(),
  };
}

async function coordinate(
  { meter }: MeasureTools,
  plan: Plan,
  repeat: number,
  signal: AbortSignal,
): Promise<{ readonly work: TeamWork; readonly cost: Cost }> {
  const tally = createTally();
  const { spec, agents } = plan;
  const [first, ...others] = agents;
  const member = (model: string, index: number): Member => ({ model, seed: teamSeed(plan, repeat, index) });
  const team: Team = {
    ...{ task: spec.task, rounds: spec.rounds, closer: member(first.id, agents.length) },
    members: [member(first.id, 0), ...others.map(({ id }, index) => member(id, index + 1))],
    ask: (who, asked, stopped) =>
      askAgent(
        meter.depsFor(asked.agentId, tally),
        { member: who, asked, sampling: toSampling(plan) },
        stopped,
      ),
  };
  const work = await strategies[spec.strategy](team, signal);
  return { work, cost: tally.cost };
}

type Coordinated = {
  readonly plan: Plan;
  readonly repeat: number;
  readonly baseline: Baseline;
  readonly coordinated: Cost;
  readonly onStep: (step: RepeatStep) => void;
};

async function controlOf(
  tools: MeasureTools,
  { plan, repeat, baseline, coordinated, onStep }: Coordinated,
  signal: AbortSignal,
): Promise<ControlRecord | undefined> {
  if (!plan.spec.isComputeMatched) return undefined;
  onStep("control");
  return await measureControl(tools, plan, { repeat, baseline, coordinated }, signal);
}

async function measureAgreement(embedder: Embedder, { spec }: Plan, work: TeamWork, signal: AbortSignal) {
  const { answers, positions } = work;
  const texts = [...positions, ...answers.map(({ text }) => text)];
  const { vectors, unscored } = await embedTexts(embedder, texts, signal);
  return {
    consensus: measureConsensus(vectors.slice(0, positions.length)),
    ...(spec.isClosed && { majorityRate: majorityRate(positions) }),
    redundancy: measureRedundancy(answers, vectors.slice(positions.length)),
    unscored,
  };
}

function findUnscored(
  baseline: Baseline,
  quality: Quality,
  control: ControlRecord | undefined,
): readonly Unscored[] {
  const judged = [
    { name: "quality", quality },
    ...baseline.answers.map(({ answer, quality }) => ({ name: answer.agentId, quality })),
    ...(control?.qualities.map((quality, index) => ({ name: `control_answer_${index}`, quality })) ?? []),
  ];
  return judged.flatMap(({ name, quality }) => (quality.scored ? [] : [{ name, reason: quality.reason }]));
}
