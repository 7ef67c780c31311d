/** The messages between the server and an engine host. Both ends are this program, so the types are the check. */
import type { ErrorRecord } from "../base/index.ts";
import type { GenerateEvent, GenerateRequest, ModelDescription } from "../contract/index.ts";
import type { LoadOptions } from "./host/load-options.ts";
import type { PackedEvent } from "./packed-event.ts";

export type HostStats = {
  readonly running: number;
  readonly waiting: number;
  readonly kvUsedTokens: number;
  readonly kvTotalTokens: number;
  readonly prefixCacheBytes: number;
  readonly prefixCacheEntries: number;
};

/** A finished step, for metrics. */
export type StepRecord = {
  readonly durationMs: number;
  readonly decoded: number;
  readonly prefilled: number;
};

/** A LoRA adapter that requests may use; its path was checked. */
export type AdapterFile = { readonly name: string; readonly path: string };

/** How long the parts of a load took. */
export type LoadPhases = {
  /** From the start of the process to the load message. */
  readonly spawnToLoadMs: number;
  /** Opening llama.cpp and its backends. */
  readonly openMs: number;
  /** Reading the weights and putting them where they compute. */
  readonly modelMs: number;
  /** Making the KV cache and the compute buffers. */
  readonly contextMs: number;
  readonly templateMs: number;
  readonly adaptersMs: number;
  /** From the load message to `loaded`, attempts that failed included. */
  readonly totalMs: number;
};

/** What llama.cpp holds on one device; `CPU` is the host's memory, mapped files included. */
export type DeviceMemory = {
  readonly device: string;
  readonly modelBytes: number;
  readonly contextBytes: number;
  readonly computeBytes: number;
};

export type Device = {
  readonly name: string;
  readonly description: string;
  readonly gpu: boolean;
  readonly freeBytes: number;
  readonly totalBytes: number;
};

export type HostRequest =
  /** Opens the libraries ahead of a load. */
  | { readonly type: "open"; readonly libraryDir: string }
  /** Asks which devices there are, in place of a load. */
  | { readonly type: "devices"; readonly libraryDir: string }
  | { readonly type: "load"; readonly options: LoadOptions }
  | {
      readonly type: "generate";
      readonly id: number;
      readonly request: GenerateRequest;
      /** Where the adapters are that it names. */
      readonly adapters?: readonly AdapterFile[];
    }
  | { readonly type: "cancel"; readonly id: number }
  /** Changes what was set at load, from the next step on. */
  | {
      readonly type: "limit";
      /** Sequences side by side, up to what the model was loaded for; those that run beyond it end as they are. */
      readonly parallel?: number;
      /** Up to what the model was loaded with. */
      readonly threads?: number;
      /** What is parked beyond it is dropped at once. */
      readonly prefixCacheBytes?: number;
    }
  | { readonly type: "embed"; readonly id: number; readonly inputs: readonly (string | readonly number[])[] }
  | {
      readonly type: "rerank";
      readonly id: number;
      readonly query: string;
      readonly documents: readonly string[];
    }
  | {
      readonly type: "tokenize";
      readonly id: number;
      readonly text: string;
      readonly addSpecial: boolean;
      readonly parseSpecial: boolean;
    }
  | { readonly type: "detokenize"; readonly id: number; readonly tokens: readonly number[] }
  | { readonly type: "render"; readonly id: number; readonly request: GenerateRequest };

export type HostResult =
  | { readonly type: "vectors"; readonly vectors: readonly Float32Array[]; readonly promptTokens: number }
  | { readonly type: "scores"; readonly scores: readonly number[]; readonly promptTokens: number }
  | { readonly type: "tokens"; readonly tokens: readonly number[]; readonly pieces: readonly Uint8Array[] }
  | { readonly type: "text"; readonly text: string };

export type HostEvent =
  | { readonly id: number; readonly event: GenerateEvent }
  | { readonly id: number; readonly result: HostResult }
  | { readonly id: number; readonly error: ErrorRecord };

export type HostMessage =
  | { readonly type: "devices"; readonly devices: readonly Device[] }
  | {
      readonly type: "loaded";
      readonly description: Omit<ModelDescription, "id">;
      readonly phases: LoadPhases;
      /** Absent for models that cannot generate. */
      readonly memory?: readonly DeviceMemory[];
      /** Why the adapters that the model was set up with cannot be used; requests that want them are refused. */
      readonly adapterProblem?: string;
    }
  | { readonly type: "load-failed"; readonly error: ErrorRecord }
  /**
   * The host is about to work on something that only a deadline can end, such as a template; `ended` follows.
   * `deadlineMs` is given where that may take longer than usual.
   */
  | { readonly type: "began"; readonly id: number; readonly deadlineMs?: number }
  | { readonly type: "ended"; readonly id: number }
  | { readonly type: "events"; readonly events: readonly (HostEvent | PackedEvent)[] }
  /** What was done since the last report; comes a few times a second while there is work, and when it ends. */
  | { readonly type: "report"; readonly stats: HostStats; readonly steps: readonly StepRecord[] };
