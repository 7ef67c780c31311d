/** What can be asked of a model. */
export type ModelCapabilities = {
  readonly generate: boolean;
  readonly chat: boolean;
  readonly tools: boolean;
  readonly reasoning: boolean;
  readonly infill: boolean;
  readonly embed: boolean;
  readonly rerank: boolean;
};

/** What a loaded model is and can do, read from its file and the engine that runs it. */
export type ModelDescription = {
  readonly id: string;
  readonly architecture: string;
  readonly description: string;
  readonly parameters: number;
  readonly sizeBytes: number;
  readonly vocabularySize: number;
  readonly embeddingLength: number;
  readonly layers: number;
  readonly trainedContextTokens: number;
  /** The longest sequence this instance serves: prompt and answer together. */
  readonly contextTokens: number;
  readonly placement: ModelPlacement;
  readonly capabilities: ModelCapabilities;
};

/** Where a model's layers were put, after what did not fit. */
export type ModelPlacement = {
  readonly device: "gpu" | "cpu" | "both";
  readonly gpuLayers: number;
  /** Attempts with more layers on the GPU that failed, and why. */
  readonly failedAttempts: readonly { readonly gpuLayers: number; readonly reason: string }[];
};
