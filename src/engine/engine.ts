import type {
  EmbedRequest,
  EmbedResult,
  GenerateEvent,
  GenerateRequest,
  ModelDescription,
  RerankRequest,
  RerankResult,
} from "../contract/index.ts";

/** A model that the server offers, whether or not its host is up at this moment. */
export type ModelEntry = {
  readonly id: string;
  readonly path: string;
  readonly createdAtSeconds: number;
  readonly state: "loading" | "ready" | "failed" | "stopped";
  /** Known once the model has been loaded for the first time. */
  readonly description?: ModelDescription;
  readonly lastError?: string;
};

/** A snapshot of one engine host, as it stood after its last step. */
export type EngineStats = {
  readonly running: number;
  readonly waiting: number;
  readonly kvUsedTokens: number;
  readonly kvTotalTokens: number;
  readonly prefixCacheBytes: number;
  readonly prefixCacheEntries: number;
  readonly restarts: number;
  readonly hostMemoryBytes: number;
};

export type Tokenization = { readonly tokens: readonly number[]; readonly pieces: readonly Uint8Array[] };

/**
 * What the rest of Hearth knows of inference. Every method throws AppError: `model_not_found` for an unknown id,
 * `queue_full` at once when there is no place, `context_limit_exceeded` before any work.
 */
export type Engine = {
  models(): readonly ModelEntry[];
  /** Loads the model if it is not up and returns its description. */
  describe(model: string): Promise<ModelDescription>;
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent>;
  embed(request: EmbedRequest, signal: AbortSignal): Promise<EmbedResult>;
  rerank(request: RerankRequest, signal: AbortSignal): Promise<RerankResult>;
  tokenize(
    model: string,
    text: string,
    options: { addSpecial: boolean; parseSpecial: boolean },
  ): Promise<Tokenization>;
  detokenize(model: string, tokens: readonly number[]): Promise<string>;
  /** The exact prompt that `generate` would evaluate for a chat input. */
  applyTemplate(request: GenerateRequest): Promise<string>;
  stats(model: string): EngineStats | undefined;
  /** True when at least one model can answer a request now. */
  isReady(): boolean;
  /** Lets running work end until the signal aborts, then stops every host. */
  stop(deadline: AbortSignal): Promise<void>;
};
