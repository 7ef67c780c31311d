import type { AppError } from "../base/index.ts";
import type { ModelPlacement } from "../contract/index.ts";
import type { EvictionReason, ModelLibrary, ResidencyOptions } from "../models/index.ts";
import type { LoadPhases } from "./protocol.ts";
import type { HostSource } from "./spare-host.ts";

export type EngineOptions = {
  readonly catalog: Pick<ModelLibrary, "list" | "find" | "recordUse"> & Partial<Pick<ModelLibrary, "damage">>;
  /** How much may be in memory at once, and what leaves first. */
  readonly residency: Omit<ResidencyOptions, "maxWaiting">;
  /** Where hosts come from; absent: each is started when it is needed. */
  readonly hosts?: HostSource;
  /** Folder of the shim and the llama.cpp libraries. */
  readonly libraryDir: string;
  /** Sequences decoded side by side, a model. */
  readonly parallel: number;
  /** Sequences that may wait beyond those, a model. */
  readonly queue: number;
  readonly contextTokens?: number;
  readonly kvTokens?: number;
  readonly kvType: "f16" | "q8_0" | "f32";
  readonly threads?: number;
  readonly gpuLayers: number;
  /** Whether layers can be put on a GPU at all; without one the estimates count everything as memory of the machine. */
  readonly hasGpu: boolean;
  /** Own chat template (Jinja) in place of those of the models. */
  readonly chatTemplate?: string;
  readonly prefixCacheBytes: number;
  readonly loadTimeoutMs: number;
  /** Private memory of one engine host; past it the host is killed. */
  readonly memoryLimitBytes?: number;
  readonly stateDir?: string;
};

/** What the engine tells of its work, for metrics and logs. Calls must be cheap and must not throw. */
export type EngineObserver = {
  modelLoaded(
    model: string,
    load: {
      readonly durationMs: number;
      readonly phases: LoadPhases;
      readonly placement: ModelPlacement;
      /** Why the model's own adapters cannot be used. */
      readonly adapterProblem?: string;
    },
  ): void;
  unloadFailed(model: string, error: AppError): void;
  modelUnloaded(model: string, reason: EvictionReason): void;
  /** A request found its model loaded, or not. */
  modelAsked(model: string, found: "hit" | "miss"): void;
  modelPreloaded(model: string): void;
  /** A request waited so long for other models to make room. */
  roomWaited(model: string, durationMs: number): void;
  hostExited(
    model: string,
    exit: {
      readonly expected: boolean;
      readonly reason: string;
      readonly inFlight: number;
      /** The last lines that the host wrote to stderr, such as the assertion that ended it. */
      readonly stderrTail: string;
    },
  ): void;
  stepFinished(
    model: string,
    step: { readonly durationMs: number; readonly decoded: number; readonly prefilled: number },
  ): void;
};
