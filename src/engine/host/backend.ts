import type { AppError } from "../../base/index.ts";
import type { JsonObject, ModelDescription, Sampling } from "../../contract/index.ts";
import type { AdapterSet } from "./adapters.ts";

/**
 * What the engine loop asks of the native library, and nothing more: no pointer crosses this line.
 * `llama-backend.ts` implements it over the shim; tests of the loop use a deterministic stand-in.
 */
export type Backend = {
  readonly model: ModelFacts;
  readonly context: ContextFacts;
  /** Runs one batch. `no-space`: the KV cache cannot hold it and nothing was changed. Throws on any other failure. */
  decode(batch: Batch): "ok" | "no-space";
  /**
   * Samples one token a row from the logits of the last decode; `batchIndex[i]` is the row's place in the batch.
   * A row that fails gets −1, and its sampler's `lastError` says why; the other rows are not affected.
   */
  sample(rows: number, batchIndex: Int32Array, samplers: readonly Sampler[], tokens: Int32Array): void;
  /** Raw-distribution record of `token` at a batch place of the last decode, for prompt tokens. */
  rawLogprob(batchIndex: number, token: number, top: number): RawLogprob;
  createSampler(options: SamplerOptions): Sampler;
  /** The number of a LoRA adapter's file, from then on good for `useAdapters`. Throws where the model does not take it. */
  loadAdapter(path: string): number;
  /** From the next decode on these are in effect and no others; costs nothing where they already are. */
  useAdapters(adapters: AdapterSet): void;
  /** Threads of the next steps; at most `context.threads`. */
  setThreads(threads: number): void;
  /** Frees cells [from, to) of a sequence; `to` −1 means to its end. False where the model's memory cannot do it. */
  removeSequence(sequence: number, from: number, to: number): boolean;
  copySequence(source: number, target: number, from: number, to: number): void;
  saveSequence(sequence: number): Uint8Array;
  /** False when the KV cache has no room for it. */
  restoreSequence(sequence: number, state: Uint8Array): boolean;
  tokenize(
    text: string,
    options: { readonly addSpecial: boolean; readonly parseSpecial: boolean },
  ): Int32Array;
  /** Bytes of one token; special tokens give their text only when `special`. */
  piece(token: number, special: boolean): Uint8Array;
  detokenize(tokens: Int32Array): string;
  readonly chat: ChatTemplates | undefined;
  /** Why `chat` is missing. */
  readonly chatProblem?: string;
  /** GBNF of a JSON schema given as JSON text; throws AppError invalid_request where it cannot be compiled. */
  schemaToGrammar(schema: string): string;
  /** Pooled vectors, one an input; every input must fit `context.embedTokens`. Leaves the generation context alone. */
  embed(inputs: readonly Int32Array[], adapters: AdapterSet): Float32Array[];
  /** Rank-head outputs for query and document pairs, already tokenised by `rerankTokens`. */
  rank(inputs: readonly Int32Array[], adapters: AdapterSet): Float32Array;
  rerankTokens(query: string, document: string): Int32Array;
  free(): void;
};

export type ModelFacts = Omit<ModelDescription, "id" | "contextTokens"> & {
  readonly endTokens: ReadonlySet<number>;
  readonly addsBos: boolean;
  readonly bosToken: number | undefined;
  readonly infillTokens:
    | { readonly prefix: number; readonly suffix: number; readonly middle: number }
    | undefined;
  /** Whether part of a sequence can be dropped or shared; false for recurrent, hybrid and sliding-window models. */
  readonly canTrim: boolean;
  readonly recommendedSampling: Sampling;
};

export type ContextFacts = {
  /** Cells of the KV cache, shared by all sequences. */
  readonly kvTokens: number;
  /** Most tokens of one sequence, prompt and answer together. */
  readonly sequenceTokens: number;
  /** Sequences that may live in the cache at once; more than run, so that finished ones can stay a while. */
  readonly maxSequences: number;
  readonly batchTokens: number;
  /** Most rows of a batch that may ask for logits. */
  readonly maxOutputs: number;
  /** Longest input of `embed` and `rank`. */
  readonly embedTokens: number;
  /** Threads there are; `setThreads` may use fewer. */
  readonly threads: number;
};

/** Reused between steps; rows [0, size) are meant. */
export type Batch = {
  size: number;
  readonly tokens: Int32Array;
  readonly positions: Int32Array;
  readonly sequences: Int32Array;
  /** 1 where logits are wanted. */
  readonly outputs: Int8Array;
};

export type GrammarOptions = {
  readonly text: string;
  /** `output`: made from a schema or tools, advanced over the generation prompt; `user`: taken as it is. */
  readonly source: "user" | "output" | "tools";
  readonly lazy: boolean;
  readonly triggers: readonly JsonObject[];
  readonly preservedTokens: readonly string[];
};

export type SamplerOptions = {
  readonly sampling: Sampling;
  readonly seed: number;
  readonly grammar?: GrammarOptions;
  /** What the template already wrote of the answer. */
  readonly generationPrompt: string;
  readonly reasoningBudget?: {
    readonly tokens: number;
    readonly startTag: string;
    readonly endTags: readonly string[];
  };
  readonly topLogprobs?: number;
  readonly entropy: boolean;
};

export type Sampler = {
  /** Tells penalties and repetition samplers about prompt tokens. */
  acceptPrompt(tokens: Int32Array): void;
  /**
   * Records of the tokens sampled next after those that were taken before; `count` is of tokens that were sampled.
   * Only where logprobs or entropy were asked for.
   */
  takeLogprobs(count: number): RawLogprob[];
  readonly lastError: AppError | undefined;
  free(): void;
};

export type RawLogprob = {
  readonly token: number;
  readonly logprob: number;
  readonly entropy: number;
  readonly topTokens: Int32Array;
  readonly topLogprobs: Float32Array;
};

/** What a template made of a chat request. */
export type RenderedChat = {
  readonly prompt: string;
  readonly grammar: GrammarOptions | undefined;
  readonly generationPrompt: string;
  readonly stops: readonly string[];
  /** Special tokens whose text belongs to the answer, such as `<tool_call>`. */
  readonly preservedTokens: ReadonlySet<number>;
  readonly reasoningTags: { readonly start: string; readonly ends: readonly string[] } | undefined;
  /** Creates a parser of the answer; undefined where the answer is plain text. */
  readonly createParser: (() => AnswerParser) | undefined;
};

/** Splits an answer into text, reasoning and tool calls. */
export type AnswerParser = {
  /** Takes the whole answer so far and returns what is new in it. Never throws: what does not parse is text. */
  parse(answer: string, options: { readonly final: boolean }): AnswerDelta[];
  free(): void;
};

export type AnswerDelta =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  | {
      readonly type: "tool-call";
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly argumentsDelta: string;
    };

export type ChatTemplates = {
  readonly supportsTools: boolean;
  readonly supportsReasoning: boolean;
  /** Throws AppError invalid_request with the template's own words where it refuses the messages. */
  render(request: ChatRenderRequest): RenderedChat;
};

export type ChatRenderRequest = {
  readonly messages: readonly JsonObject[];
  readonly tools: readonly JsonObject[];
  readonly toolChoice: "auto" | "none" | "required";
  readonly parallelToolCalls: boolean;
  readonly reasoningEnabled?: boolean;
  readonly reasoningEffort?: string;
  readonly reasoningFormat: "split" | "inline";
  readonly templateVariables: JsonObject;
  readonly continueFinalMessage: boolean;
  readonly addGenerationPrompt: boolean;
  /** JSON text of a schema that the answer must satisfy. */
  readonly jsonSchema?: string;
  readonly grammar?: string;
};
