import type { FinishReason, Message, TokenLogprob } from "../../contract/index.ts";
import type { TrajectoryConfig } from "./config.ts";
import type { TrajectoryRecord } from "./observe.ts";

export type AnalysisRequest = {
  /** Absent: the first that is configured. */
  readonly model?: string;
  /** A text, or the messages of a conversation. */
  readonly prompt: string | readonly Message[];
  readonly config: TrajectoryConfig;
  /** Whose share of the engine it counts against. */
  readonly tenant?: string;
  /** `local`: it does not leave this machine. */
  readonly privacy?: "local";
};

/** One answer, and how sure the model was of it. */
export type Analysis = {
  readonly model: string;
  readonly modelDigest: string;
  readonly prompt: string | readonly Message[];
  readonly config: TrajectoryConfig;
  readonly text: string;
  readonly finishReason: FinishReason;
  /** With `config.topK` alternatives each, the most likely first. */
  readonly tokens: readonly TokenLogprob[];
  /** Tokens that were generated, with or without probabilities. */
  readonly generatedTokens: number;
  readonly record: TrajectoryRecord;
  readonly atMs: number;
  readonly durationMs: number;
  /** Whether it is the result of an earlier request that was the same. */
  readonly isCached: boolean;
};
