/** Figures of several agents in a row, beside γ and ω: how far the whole is from what its parts promise. */
import { AppError } from "../../base/index.ts";
import { roundScore } from "../verdict.ts";
import { mean, sampleDeviation } from "./descriptive.ts";
import { type Score, scored, unscored } from "./score.ts";

/** Loss at each hand-over that is expected where none was measured; 0.90 to 0.95 are usual. */
export const defaultHandoverFactor = 0.93;

export type PerformanceDistribution = {
  readonly count: number;
  readonly mean: number;
  /** With n − 1 below; absent for one score. */
  readonly deviation?: number;
};

/** μ and σ of the scores of one agent. Throws AppError invalid_request where there are none. */
export function performanceDistribution(scores: readonly number[]): PerformanceDistribution {
  if (scores.length === 0) throw new AppError("invalid_request", "scores: give at least one");
  const deviation = sampleDeviation(scores);
  return { count: scores.length, mean: mean(scores), ...(deviation !== undefined && { deviation }) };
}

export type GammaBand = "strong" | "moderate" | "weak" | "degradation";

/** γ_norm = γ^(1/n) for n agents: what each adds. Throws AppError invalid_request for n below 2 or γ below 0. */
export function normalizedGamma(gamma: number, agents: number): number {
  if (!(Number.isInteger(agents) && agents >= 2))
    throw new AppError("invalid_request", `agents: ${agents} is no whole number from 2 up`);
  if (!(gamma >= 0 && Number.isFinite(gamma)))
    throw new AppError("invalid_request", `gamma: ${gamma} is no number from 0 up`);
  return gamma ** (1 / agents);
}

export function gammaBand(gammaNorm: number): GammaBand {
  const rounded = roundScore(gammaNorm);
  if (rounded > 1.5) return "strong";
  if (rounded >= 1.2) return "moderate";
  return rounded >= 1 ? "weak" : "degradation";
}

/** P_baseline = (∏ μ_i)·α^(n−1): what agents of these means reach one after another. Throws for no means. */
export function baselinePerformance(
  means: readonly number[],
  handoverFactor: number = defaultHandoverFactor,
): number {
  if (means.length === 0) throw new AppError("invalid_request", "means: give one for each agent");
  if (!(handoverFactor > 0 && handoverFactor <= 1))
    throw new AppError("invalid_request", `alpha: ${handoverFactor} is not above 0 and at most 1`);
  const wrong = means.findIndex((value) => !(value >= 0 && value <= 1));
  if (wrong >= 0) throw new AppError("invalid_request", `means.${wrong}: ${means[wrong]} is not from 0 to 1`);
  return means.reduce((product, value) => product * value, 1) * handoverFactor ** (means.length - 1);
}

/** ε = |S − P| / P; unscored where P is 0. */
export function predictionError(observed: number, baseline: number): Score {
  if (baseline > 0) return scored(Math.abs(observed - baseline) / baseline);
  return unscored("the agents' means promise 0, of which no share can be taken");
}

export type HealthBand = "healthy" | "acceptable" | "degraded" | "critical";

export type PipelineHealth =
  | {
      readonly scored: true;
      readonly value: number;
      readonly band: HealthBand;
      readonly baseline: number;
      readonly predictionError: number;
      readonly gammaNorm: number;
      readonly gammaBand: GammaBand;
    }
  | { readonly scored: false; readonly reason: string };

export type PipelineObservation = {
  /** Score of what the agents made together. */
  readonly observed: number;
  /** Mean score of each agent alone. */
  readonly means: readonly number[];
  readonly gamma: number;
  readonly handoverFactor?: number;
  /** Share of the interactions between agents that were measured, from 0 to 1. */
  readonly observedShare: number;
};

/** H = 1/(1+ε) · min(1, γ_norm) · C_obs. Throws AppError invalid_request as its parts do. */
export function pipelineHealth(observation: PipelineObservation): PipelineHealth {
  const { observed, means, gamma, handoverFactor, observedShare } = observation;
  for (const [name, value] of [["observed", observed] as const, ["observed_share", observedShare] as const])
    if (!(value >= 0 && value <= 1))
      throw new AppError("invalid_request", `${name}: ${value} is not from 0 to 1`);
  const baseline = baselinePerformance(means, handoverFactor);
  const gammaNorm = normalizedGamma(gamma, means.length);
  const error = predictionError(observed, baseline);
  if (!error.scored) return error;
  const value = (1 / (1 + error.value)) * Math.min(1, gammaNorm) * observedShare;
  return {
    ...{ scored: true, value, band: healthBand(value), baseline, predictionError: error.value },
    ...{ gammaNorm, gammaBand: gammaBand(gammaNorm) },
  };
}

export function healthBand(health: number): HealthBand {
  const rounded = roundScore(health);
  if (rounded > 0.8) return "healthy";
  if (rounded > 0.6) return "acceptable";
  return rounded > 0.4 ? "degraded" : "critical";
}

export type VariabilityBand = "low" | "moderate" | "high";

/** Ω = σ_observed / σ_baseline, which is not ω; unscored where the baseline does not vary. */
export function variabilityRatio(observedDeviation: number, baselineDeviation: number): Score {
  if (baselineDeviation > 0) return scored(observedDeviation / baselineDeviation);
  return unscored("the baseline does not vary");
}

export function variabilityBand(ratio: number): VariabilityBand {
  const rounded = roundScore(ratio);
  if (rounded < 2) return "low";
  return rounded < 2.5 ? "moderate" : "high";
}
