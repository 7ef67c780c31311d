import { sampleDeviation } from "../statistics/descriptive.ts";
import {
  type PerformanceDistribution,
  type PipelineHealth,
  performanceDistribution,
  pipelineHealth,
  type VariabilityBand,
  variabilityBand,
  variabilityRatio,
} from "../statistics/pipeline-health.ts";
import type { Score } from "../statistics/score.ts";
import type { Effect, RepeatScores } from "./effect.ts";

/** What is told beside γ and ω. */
export type RelatedMeasures = {
  /** Of all independent answers; absent where none was judged. */
  readonly performance?: PerformanceDistribution;
  /** With γ_norm and the predicted quality; for two agents or more. */
  readonly health: PipelineHealth;
  /** Ω, which is not ω: how much the coordinated quality varies against that of single answers. */
  readonly variabilityRatio: Score;
  readonly variabilityBand?: VariabilityBand;
};

/** `agents` holds the qualities of each agent's independent answers. */
export function measureRelated(
  repeats: readonly RepeatScores[],
  agents: readonly (readonly number[])[],
  effect: Effect | undefined,
): RelatedMeasures {
  const all = agents.flat().toSorted((left, right) => left - right);
  const ratio = variabilityOf(
    repeats.map(({ quality }) => quality),
    all,
  );
  return {
    ...(all.length > 0 && { performance: performanceDistribution(all) }),
    health: healthOf(agents, effect),
    variabilityRatio: ratio,
    ...(ratio.scored && { variabilityBand: variabilityBand(ratio.value) }),
  };
}

function healthOf(agents: readonly (readonly number[])[], effect: Effect | undefined): PipelineHealth {
  if (!effect) return { scored: false, reason: "no repeat could be judged" };
  if (agents.length < 2) return { scored: false, reason: "one agent is no pipeline" };
  if (!effect.isGammaDefined) return { scored: false, reason: "gamma is not defined: the baseline scored 0" };
  if (agents.some((scores) => scores.length === 0))
    return { scored: false, reason: "no independent answer of one of the agents could be judged" };
  const means = agents.map((scores) => performanceDistribution(scores).mean);
  return pipelineHealth({
    ...{ observed: effect.coordinatedQuality, means, gamma: effect.gamma },
    // Every call of every agent goes through the meter.
    observedShare: 1,
  });
}

function variabilityOf(coordinated: readonly number[], baseline: readonly number[]): Score {
  const observed = sampleDeviation(coordinated);
  const single = sampleDeviation(baseline);
  if (observed === undefined || single === undefined)
    return { scored: false, reason: "it takes two repeats that could be judged" };
  return variabilityRatio(observed, single);
}
