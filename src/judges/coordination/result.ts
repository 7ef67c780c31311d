import type { Score } from "../statistics/score.ts";
import type { Unscored } from "../verdict.ts";
import type { Consensus, Redundancy } from "./agreement.ts";
import type { TeamDrift } from "./drift.ts";
import type { Effect } from "./effect.ts";
import type { Cost } from "./meter.ts";
import type { RelatedMeasures } from "./related.ts";
import type { StrategyName } from "./strategies/strategies.ts";
import type { AgentAnswer } from "./strategies/strategy.ts";

/** What a finished measurement says, over all its repeats. Times are milliseconds since 1970. */
export type CoordinationResult = {
  readonly definitionVersion: string;
  readonly task: string;
  readonly strategy: StrategyName;
  readonly rounds: number;
  /** Of the agents, in their order. */
  readonly models: readonly string[];
  /** The judge's model, or `reference` where answers were compared with the right one. */
  readonly judge: string;
  /** What told how alike texts are. */
  readonly embedder: string;
  readonly seed: number;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly effect: MeasuredEffect;
  readonly consensus: Consensus;
  readonly majorityRate?: number;
  readonly redundancy: Redundancy;
  /** How alike each agent's answers are from repeat to repeat. */
  readonly behaviouralConsistency: readonly AgentConsistency[];
  readonly costs: ArmCosts;
  /** Coordinated / baseline; absent where the baseline cost nothing. */
  readonly overhead?: { readonly calls: number; readonly tokens: number };
  /** Means over the repeats. */
  readonly control?: { readonly affordable: number; readonly answers: number; readonly isCapped: boolean };
  readonly related: RelatedMeasures;
  readonly repeats: readonly RepeatSummary[];
  /** Repeats that do not count because an answer of theirs could not be judged. */
  readonly repeatsDropped: number;
  readonly unscored: readonly (Unscored & { readonly repeat: number })[];
  readonly warnings: readonly string[];
  readonly drift: TeamDrift;
  /** Of the first repeat that counts. */
  readonly finalAnswer: string;
  readonly agentAnswers: readonly AgentAnswer[];
  readonly finishedAtMs: number;
};

export type MeasuredEffect =
  | ({ readonly scored: true } & Effect)
  | { readonly scored: false; readonly reason: string };

export type AgentConsistency = { readonly agentId: string; readonly consistency: Score };

/** Sums over all repeats. What a baseline from the cache cost when it was measured counts too. */
export type ArmCosts = {
  readonly baseline: Cost;
  readonly coordinated: Cost;
  readonly control: Cost;
  readonly judging: Cost;
};

export type RepeatSummary = {
  readonly repeat: number;
  /** Q; absent where the judge failed. */
  readonly quality?: number;
  readonly baseline: readonly (number | null)[];
  readonly gamma?: number;
  readonly omega?: number;
  readonly bestOfMatched?: number;
  readonly consensusRate?: number;
  readonly isBaselineCached: boolean;
  readonly isDropped: boolean;
};
