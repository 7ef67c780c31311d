import type { JsonObject, JsonValue } from "../../contract/index.ts";
import { toDriftBody } from "../drift/drift.ts";
import type { Interval } from "../statistics/bootstrap.ts";
import { roundScore } from "../verdict.ts";
import type { Effect } from "./effect.ts";
import { type Cost, tokensOf } from "./meter.ts";
import type { CoordinationResult, RepeatSummary } from "./result.ts";
import type { AgentAnswer } from "./strategies/strategy.ts";
import { toWire } from "./wire-names.ts";

const effectFields = [
  ...(["gamma", "gamma_label", "gamma_ci", "gamma_compute_matched", "gamma_compute_matched_ci"] as const),
  ...(["omega", "emergence_gap", "omega_ci", "coordination_effective", "emergence_detected"] as const),
  ...(["baseline_quality", "coordinated_quality", "best_individual_quality", "legacy"] as const),
];

/** The result in the names of the wire; what was not measured is null and never a number. */
export function toResultBody(result: CoordinationResult): JsonObject {
  const { effect, consensus, costs } = result;
  return {
    ...{ task: result.task, strategy: result.strategy, num_agents: result.models.length },
    ...(effect.scored ? toEffectBody(effect) : noEffect(effect.reason)),
    ...{ consensus_rate: consensus.rate ?? null, pairs_failed: consensus.pairsFailed },
    ...(result.majorityRate !== undefined && { majority_rate: result.majorityRate }),
    ...{ repeats: result.repeats.length, repeats_dropped: result.repeatsDropped },
    unscored: toWire(result.unscored),
    calls: byArm(result, ({ calls }) => calls),
    tokens: byArm(result, tokensOf),
    usd: byArm(result, ({ usd }) => usd),
    overhead: result.overhead ? toWire(result.overhead) : null,
    compute_matched: result.control ? toWire(result.control) : null,
    redundancy: {
      mean_similarity: result.redundancy.meanSimilarity ?? null,
      adding_nothing: result.redundancy.addingNothing,
    },
    behavioural_consistency: toWire(result.behaviouralConsistency),
    related: toWire(result.related),
    drift: {
      quality: toDriftBody(result.drift.quality),
      gamma_share: toDriftBody(result.drift.gammaShare),
    },
    ...{ coordinated_response: result.finalAnswer, agent_responses: result.agentAnswers.map(toAnswerBody) },
    repeat_results: result.repeats.map(toRepeatBody),
    warnings: result.warnings,
    ...{ models: result.models, judge: result.judge, similarity_by: result.embedder },
    ...{ seed: result.seed, temperature: result.temperature, max_tokens: result.maxTokens },
    ...(result.strategy === "debate" && { rounds: result.rounds }),
    ...{ baseline_cached: result.repeats.filter(({ isBaselineCached }) => isBaselineCached).length },
    ...{ definition_version: result.definitionVersion, timestamp: toTime(result.finishedAtMs) },
    cost_details: toWire(costs),
  };
}

function toEffectBody(effect: Effect): JsonObject {
  return {
    ...{ gamma: effect.gamma, gamma_defined: effect.isGammaDefined, gamma_label: effect.gammaLabel },
    gamma_ci: toInterval(effect.gammaInterval),
    gamma_compute_matched: effect.gammaComputeMatched ?? null,
    gamma_compute_matched_ci: toInterval(effect.gammaComputeMatchedInterval),
    ...{ omega: effect.omega, emergence_gap: effect.omega, omega_ci: toInterval(effect.omegaInterval) },
    coordination_effective: effect.isEffective ?? null,
    emergence_detected: effect.isEmergent ?? null,
    baseline_quality: effect.baselineQuality,
    coordinated_quality: effect.coordinatedQuality,
    best_individual_quality: effect.bestIndividualQuality,
    legacy: {
      is_coordination_effective: roundScore(effect.gamma) > 1,
      has_emergence: roundScore(effect.omega) > 0,
    },
  };
}

function noEffect(reason: string): JsonObject {
  return {
    ...Object.fromEntries(effectFields.map((name) => [name, null])),
    ...{ gamma_defined: false, effect_unscored: reason },
  };
}

function toInterval(interval: Interval | undefined): JsonValue {
  if (!interval) return null;
  const { low, high, level, resamples, seed, units } = interval;
  return { low, high, level, resamples, seed, repeats: units };
}

function byArm({ costs }: CoordinationResult, read: (cost: Cost) => number): JsonObject {
  const { baseline, coordinated, control, judging } = costs;
  return {
    ...{ baseline: read(baseline), coordinated: read(coordinated) },
    ...{ control: read(control), judging: read(judging) },
  };
}

function toAnswerBody(answer: AgentAnswer): JsonObject {
  const { agentId, text, atMs, ...metadata } = answer;
  return { agent_id: agentId, response: text, metadata: toWire(metadata), timestamp: toTime(atMs) };
}

function toRepeatBody(repeat: RepeatSummary): JsonObject {
  return {
    ...{ repeat: repeat.repeat, coordinated_quality: repeat.quality ?? null },
    baseline_qualities: repeat.baseline,
    ...{ gamma: repeat.gamma ?? null, omega: repeat.omega ?? null },
    best_of_matched: repeat.bestOfMatched ?? null,
    consensus_rate: repeat.consensusRate ?? null,
    ...{ baseline_cached: repeat.isBaselineCached, dropped: repeat.isDropped },
  };
}

function toTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
