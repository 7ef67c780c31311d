import type {
  EmbedRequest,
  EmbedResult,
  GenerateEvent,
  GenerateRequest,
  ModelDescription,
  ModelPlacement,
  RerankRequest,
  RerankResult,
} from "../contract/index.ts";
import type {
  GgufHeader,
  MemoryEstimate,
  ModelRecord,
  ModelSummary,
  PreloadResult,
  ResidencyStats,
} from "../models/index.ts";

/** A model that the server offers, whether or not its host is up at this moment. */
export type ModelEntry = {
  readonly id: string;
  readonly createdAtSeconds: number;
  readonly state: "loading" | "ready" | "failed" | "stopped";
  /** On another machine: what it is asked leaves this one. */
  readonly isRemote?: boolean;
  /** What its file says. */
  readonly summary: ModelSummary;
  /** Known once the model has been loaded for the first time. */
  readonly description?: ModelDescription;
  readonly lastError?: string;
};

/** A model as it stands, with the reason where it is broken. */
export type AskedModel = Pick<ModelEntry, "id" | "state" | "lastError">;

/** A model in memory, or on its way there or out. */
export type ResidentModel = {
  readonly id: string;
  readonly state: "loading" | "ready" | "leaving";
  /** What the memory budget is charged. */
  readonly estimatedBytes: number;
  /** Of the estimate, on a GPU. */
  readonly deviceBytes: number;
  /** What the host process holds at this moment. */
  readonly hostMemoryBytes: number;
  /** 0 while it loads. */
  readonly contextTokens: number;
  readonly placement?: ModelPlacement;
  readonly activeRequests: number;
  readonly isPinned: boolean;
  /** When it leaves if nobody asks for it; absent while it answers and where it may stay. */
  readonly expiresAtMs?: number;
  readonly loadedAtMs: number;
  readonly loadMs: number;
};

/** What may change while models run: some of it at once, the KV type and layers with the next load. */
export type EngineLimits = {
  readonly parallel: number;
  readonly kvType: "f16" | "q8_0" | "f32";
  readonly gpuLayers: number;
  readonly maxModels: number;
  /** Absent: chosen from the machine and the model. */
  readonly threads?: number;
};

export type LoadRequest = { readonly contextTokens?: number; readonly keepAliveMs?: number };

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
  /** Whether it failed so often that it is not started for a while. */
  readonly isCircuitOpen: boolean;
};

export type Tokenization = { readonly tokens: readonly number[]; readonly pieces: readonly Uint8Array[] };

/**
 * What the rest of Hearth knows of inference. Every method throws AppError: `model_not_found` for an unknown id,
 * `queue_full` at once when there is no place, `context_limit_exceeded` before any work.
 */
export type Engine = {
  /** Every model that can be named, loaded or not. `isOwn`: those of this machine alone; no upstream is asked. */
  models(options?: { readonly isOwn?: boolean }): Promise<readonly ModelEntry[]>;
  /** The model of that name, however it is written: `qwen3` finds `qwen3:latest`. Throws model_not_found. */
  find(name: string): Promise<ModelEntry>;
  /** Loads the model if it is not up, waiting for room, and returns its description. */
  load(model: string, request?: LoadRequest, signal?: AbortSignal): Promise<ModelDescription>;
  /** Lets its running answers end, then unloads it. False where it was not loaded. */
  unload(model: string): Promise<boolean>;
  resident(): readonly ResidentModel[];
  residencyStats(): ResidencyStats;
  /** Loads models in this order while they fit beside what is there; nothing leaves for them. */
  preload(
    names: readonly string[],
    options: { readonly maxModels: number; readonly signal: AbortSignal },
  ): Promise<PreloadResult>;
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
  /** What loading the model would take, in a context of so many tokens or the usual one. */
  estimate(record: ModelRecord, contextTokens?: number): MemoryEstimate;
  /** The same of a model that is not here, from the headers of its weights. */
  estimateRemote(headers: readonly GgufHeader[], contextTokens?: number): MemoryEstimate;
  adapt(limits: EngineLimits): void;
  /** Of a model that was asked for since the start; `asked` names them all. */
  stats(model: string): EngineStats | undefined;
  asked(): readonly AskedModel[];
  /** True when a model is loaded, or can be: none is broken or still on its way. */
  isReady(): boolean;
  /** Lets running work end until the signal aborts, then stops every host. */
  stop(deadline: AbortSignal): Promise<void>;
};
