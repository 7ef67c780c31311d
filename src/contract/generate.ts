import type { JsonObject, JsonValue } from "./json.ts";
import type { Message, Tool, ToolChoice } from "./message.ts";
import type { Receipt, Retrieval } from "./receipt.ts";

export type ReasoningOptions = {
  /** Absent: what the template does by default. */
  readonly enabled?: boolean;
  readonly effort?: string;
  /** Most tokens spent on reasoning before its end is forced. */
  readonly budgetTokens?: number;
  /** `split`: reasoning comes as its own events; `inline`: it stays in the text with its tags. */
  readonly format: "split" | "inline";
};

export type ChatInput = {
  readonly type: "chat";
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
  readonly reasoning: ReasoningOptions;
  /** Extra variables for the chat template. */
  readonly templateVariables: JsonObject;
  /** Whether the last assistant message is continued instead of a new one begun. */
  readonly continueFinalMessage: boolean;
  readonly addGenerationPrompt: boolean;
  /** The prompt as text rendered elsewhere, used in place of what the chat template would make of the messages. */
  readonly renderedPrompt?: string;
};

export type GenerateInput =
  | ChatInput
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tokens"; readonly tokens: readonly number[] }
  | { readonly type: "infill"; readonly prefix: string; readonly suffix: string };

/** What the output must look like. */
export type OutputConstraint =
  | { readonly type: "json-schema"; readonly schema: JsonValue }
  | { readonly type: "grammar"; readonly grammar: string };

/** Absent fields take the model's own recommendation, then `defaultSampling`. */
export type Sampling = {
  /** 0 is greedy. */
  readonly temperature?: number;
  /** 0 turns it off. */
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly typicalP?: number;
  readonly topNSigma?: number;
  readonly repeatPenalty?: number;
  readonly repeatLastTokens?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly dryMultiplier?: number;
  readonly dryBase?: number;
  readonly dryAllowedLength?: number;
  readonly dryPenaltyLastTokens?: number;
  readonly drySequenceBreakers?: readonly string[];
  readonly xtcProbability?: number;
  readonly xtcThreshold?: number;
  readonly dynamicTemperatureRange?: number;
  readonly dynamicTemperatureExponent?: number;
  readonly mirostat?: 0 | 1 | 2;
  readonly mirostatTau?: number;
  readonly mirostatEta?: number;
  /** Token id to additive bias; −100 or less bans the token. */
  readonly logitBias?: readonly { readonly token: number; readonly bias: number }[];
  /** 32-bit; absent: drawn at random. */
  readonly seed?: number;
  readonly ignoreEndOfSequence?: boolean;
};

export type Priority = "interactive" | "batch";

export type GenerateRequest = {
  readonly id: string;
  readonly model: string;
  readonly input: GenerateInput;
  readonly sampling: Sampling;
  readonly constraint?: OutputConstraint;
  /** Absent: until the model ends or the context is full. */
  readonly maxTokens?: number;
  readonly stop: readonly string[];
  /** How many answers to make from one evaluation of the prompt. */
  readonly choices: number;
  /** Alternatives wanted per generated token (0: only the token's own logprob); absent: no logprobs. */
  readonly topLogprobs?: number;
  /** Adds the entropy of the full distribution, in nats, to each token's record. */
  readonly entropy: boolean;
  /** Logprobs may come after the text of their tokens, many at once: that is cheaper. They still come before `finish`. */
  readonly lateLogprobs?: boolean;
  /** Also report logprobs over the prompt's own tokens. */
  readonly promptLogprobs: boolean;
  readonly priority: Priority;
  /** Whose share of the engine this counts against; one value an API key. */
  readonly tenant: string;
  /** Whether evaluated prefixes may be reused and kept. */
  readonly cachePrompt: boolean;
  /** Longest prompt and answer together; the model is loaded again where it holds less. Absent: as it is loaded. */
  readonly contextTokens?: number;
  /** How long the model stays loaded after this answer; 0: not at all, Infinity: until its room is needed. */
  readonly keepAliveMs?: number;
  /** LoRA adapters by name, none given more than once; absent: those that the model was set up with. */
  readonly adapters?: readonly AdapterUse[];
  /** Calls of plugins and models that led to this request; absent: none. Plugins end at a depth of their own. */
  readonly depth?: number;
  /** Given: `done` tells the tokens of the earlier turns, this one and its answer. */
  readonly conversation?: Conversation;
  /** Given: a `judged` event tells of each choice before `done`. */
  readonly judging?: Judging;
  /** Whether a client asked for it. What Hearth asks on its own is no interaction, and nothing is learnt from it. */
  readonly isInteraction?: boolean;
  /** Given: the answer is to rest on what is found in these collections. */
  readonly retrieval?: Retrieval;
  /** Whether an answer that is known may be served; absent: it may not. */
  readonly caching?: CacheMode;
  /** `local`: nothing of it leaves this machine, whatever else is configured. */
  readonly privacy?: "local";
  /** Servers that passed it on before this one; absent: none. */
  readonly hops?: number;
  /** Where the client wants it answered; absent: wherever the router decides. */
  readonly routing?: "local" | "remote";
  /** Whether an upstream is to send its answer in one piece, as after a stream of it that broke; engines always stream. */
  readonly isWhole?: boolean;
  /** Whether the client lets its words and the answer become training data. */
  readonly consent?: boolean;
  /** Names this request among those it belongs to, for feedback and purging; chosen by the client. */
  readonly tags?: readonly string[];
};

/** `exact`: the same question; `semantic`: also one of the same meaning; `shadow`: looked up, measured, not served. */
export type CacheMode = "off" | "exact" | "semantic" | "shadow";

/** What is to be said of an answer once it is made. Criteria are those of `judges`, as clients write them. */
export type Judging = {
  readonly criteria?: JsonValue;
  /** Texts the answer should rest on. */
  readonly context?: readonly string[];
  /** An answer known to be right. */
  readonly reference?: string;
  readonly trajectory: boolean;
};

/** A turn of a conversation, told as tokens once it is answered. */
export type Conversation = { readonly turn: GenerateInput; readonly earlier: readonly number[] };

export type AdapterUse = { readonly name: string; readonly scale: number };

export type TokenAlternative = {
  readonly token: number;
  readonly bytes: Uint8Array;
  readonly logprob: number;
};

/** Natural-log probabilities under the model's raw distribution, before any sampler. */
export type TokenLogprob = TokenAlternative & {
  readonly top: readonly TokenAlternative[];
  /** Nats, over the full vocabulary. */
  readonly entropy?: number;
};

export type Usage = {
  readonly promptTokens: number;
  /** Prompt tokens whose evaluation was reused. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
};

export type FinishReason = "stop" | "length" | "tool_calls";

export type Timings = {
  /** Spent waiting for room and loading the model; 0 where it was there. */
  readonly loadMs: number;
  readonly queueMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
};

/**
 * `started` comes first, once the request is validated, fits the context and has its place in the queue.
 * Each choice ends with `finish`; `done` is last. A failure ends the iterable by throwing an AppError.
 */
export type GenerateEvent =
  | { readonly type: "started"; readonly promptTokens: number }
  | {
      readonly type: "prompt-logprobs";
      readonly tokens: readonly (TokenLogprob | { readonly token: number; readonly bytes: Uint8Array })[];
    }
  | { readonly type: "text"; readonly choice: number; readonly text: string }
  | { readonly type: "reasoning"; readonly choice: number; readonly text: string }
  | {
      readonly type: "tool-call";
      readonly choice: number;
      readonly index: number;
      /** On the first delta of a call only, with its name. */
      readonly id?: string;
      readonly name?: string;
      readonly argumentsDelta: string;
    }
  | { readonly type: "logprobs"; readonly choice: number; readonly tokens: readonly TokenLogprob[] }
  | {
      readonly type: "finish";
      readonly choice: number;
      readonly reason: FinishReason;
      readonly stopSequence?: string;
    }
  | {
      readonly type: "judged";
      readonly choice: number;
      /** The verdict and what it rests on, as judges write it; where criteria were given. */
      readonly judgement?: JsonObject;
      /** How sure the model was of its tokens; where it was asked for. */
      readonly trajectory?: JsonObject;
    }
  | {
      readonly type: "done";
      readonly usage: Usage;
      readonly timings: Timings;
      /** Where it was asked for and the template writes this answer. */
      readonly conversation?: readonly number[];
    };

/** Events as the coordinator gives them: `receipt` before all others, and again where what it says has changed. */
export type AnswerEvent = GenerateEvent | { readonly type: "receipt"; readonly receipt: Receipt };
