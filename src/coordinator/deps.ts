import type { AnswerEvent, GenerateRequest } from "../contract/index.ts";
import type { Engine } from "../engine/index.ts";
import type { Knowledge } from "../knowledge/index.ts";
import type { ModelLibrary } from "../models/index.ts";
import type { Telemetry } from "../observability/index.ts";
import type { Plugins } from "../plugin-host/index.ts";
import type { Database } from "../store/index.ts";
import type { Upstreams } from "../upstreams/index.ts";
import type { CoordinatorObserver } from "./observer.ts";
import type { CoordinatorSettings } from "./settings.ts";

/** What the coordinator's parts are built on. */
export type CoordinatorDeps = {
  /** Local models, and those of upstreams as `MODEL@UPSTREAM`. */
  readonly engine: Pick<Engine, "find" | "models" | "generate" | "embed" | "tokenize" | "load" | "stats">;
  readonly library: Pick<ModelLibrary, "find">;
  /** The one path of a request, for calls of models that the coordinator itself makes. */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<AnswerEvent>;
  knowledge(): Promise<Knowledge>;
  plugins(): Promise<Pick<Plugins, "decide" | "judge">>;
  database(): Promise<Database>;
  readonly upstreams: Upstreams;
  readonly settings: CoordinatorSettings;
  readonly logger: CoordinatorLogger;
  readonly observer: CoordinatorObserver;
  /** Events of this machine for its operator; absent: none are written. */
  readonly telemetry?: Telemetry;
  /** Milliseconds since 1970; may go backwards. */
  readonly now: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly nowMs: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
};

export type CoordinatorLogger = {
  readonly [Level in "info" | "warn" | "error"]: (
    event: string,
    fields: Readonly<Record<string, unknown>>,
  ) => void;
};
