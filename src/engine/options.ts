/** One model that the engine offers. */
export type ModelOptions = {
  readonly id: string;
  readonly path: string;
  /** Own chat template (Jinja) in place of the file's. */
  readonly chatTemplate?: string;
};

export type EngineOptions = {
  readonly models: readonly ModelOptions[];
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
  readonly prefixCacheBytes: number;
  readonly loadTimeoutMs: number;
  /** Private memory of one engine host; past it the host is killed. */
  readonly memoryLimitBytes?: number;
  readonly stateDir?: string;
};

/** What the engine tells of its work, for metrics and logs. Calls must be cheap and must not throw. */
export type EngineObserver = {
  modelLoaded(model: string, durationMs: number): void;
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
