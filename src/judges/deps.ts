import type { AnswerEvent, GenerateRequest } from "../contract/index.ts";
import type { Engine } from "../engine/index.ts";
import type { ModelLibrary } from "../models/index.ts";
import type { Plugins } from "../plugin-host/index.ts";
import type { Database } from "../store/index.ts";

/** What judging is built on. */
export type JudgeDeps = {
  /** The one path of a request; every call of a model that a judge makes takes it. */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<AnswerEvent>;
  readonly engine: Pick<Engine, "find" | "embed" | "tokenize" | "load">;
  readonly library: Pick<ModelLibrary, "find">;
  plugins(): Promise<Pick<Plugins, "judge" | "get">>;
  database(): Promise<Database>;
  /** Names of the models that the configuration gives; the first is the one that is meant where none is named. */
  readonly models: readonly string[];
  /** Model whose embeddings tell how alike two texts are; absent: the words that they share do. */
  readonly embeddingModel?: string;
  readonly clock: JudgeClock;
  /** From 0 to 1, for jitter and seeds that nobody gave. */
  readonly random: () => number;
};

export type JudgeClock = {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly nowMs: () => number;
  /** Rejects with the signal's reason once that aborts. */
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
};
