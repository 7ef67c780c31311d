import { type AgentSampling, askAgent } from "./ask-agent.ts";
import { type BaselineCache, baselineKey } from "./baseline-cache.ts";
import { type Cost, createTally, type Meter } from "./meter.ts";
import { baselineSeed, type Plan } from "./plan.ts";
import { judgeQuality, type Quality } from "./quality.ts";
import type { AgentAnswer } from "./strategies/strategy.ts";
import { together } from "./together.ts";

/** Independent answers and judgements that are in the engine at the same time. */
const maxSideBySide = 8;

export type JudgedAnswer = { readonly answer: AgentAnswer; readonly quality: Quality };

/** Independent answers to the bare task, one of each agent's model, and what they and their judging cost. */
export type Baseline = {
  readonly answers: readonly JudgedAnswer[];
  readonly cost: Cost;
  readonly judgeCost: Cost;
  readonly measuredAtMs: number;
};

export type MeasureTools = {
  readonly meter: Meter;
  readonly cache: BaselineCache;
  readonly now: () => number;
};

/** The baseline of a repeat, from the cache where it was measured before and no new one is asked for. */
export async function measureBaseline(
  tools: MeasureTools,
  plan: Plan,
  repeat: number,
  signal: AbortSignal,
): Promise<{ readonly baseline: Baseline; readonly isCached: boolean }> {
  const key = baselineKey(plan, repeat);
  const cached = plan.spec.refreshesBaseline ? undefined : await tools.cache.find(key);
  if (cached) return { baseline: cached, isCached: true };
  const baseline = await measureIndependent(
    tools,
    plan,
    { repeat, from: 0, count: plan.agents.length },
    signal,
  );
  await tools.cache.keep(key, baseline);
  return { baseline, isCached: false };
}

/** Answers `from` to `from + count` of the independent ones of a repeat, judged. */
export async function measureIndependent(
  { meter, now }: MeasureTools,
  plan: Plan,
  { repeat, from, count }: { readonly repeat: number; readonly from: number; readonly count: number },
  signal: AbortSignal,
): Promise<Baseline> {
  const answering = createTally();
  const judging = createTally();
  const answers = await together(
    Array.from({ length: count }, (_, index) => from + index),
    async (number, _, stopped) => {
      const { id: model } = plan.agents[number % plan.agents.length] ?? plan.agents[0];
      const agentId = `baseline_agent_${number}`;
      const answer = await askAgent(
        meter.depsFor(agentId, answering),
        {
          member: { model, seed: baselineSeed(plan, repeat, number) },
          asked: { agentId, prompt: plan.spec.task, stage: 0 },
          sampling: toSampling(plan),
        },
        stopped,
      );
      return { answer, quality: await judgeQuality({ meter, plan, tally: judging }, answer, stopped) };
    },
    { limit: maxSideBySide, signal },
  );
  return { answers, cost: answering.cost, judgeCost: judging.cost, measuredAtMs: now() };
}

export function toSampling({ spec: { temperature, maxTokens } }: Plan): AgentSampling {
  return { temperature, maxTokens };
}
