import type { JsonValue } from "../contract/index.ts";
import type { Clock } from "../resilience/index.ts";
import type { FailureCode } from "./failure.ts";
import type { LogLine } from "./protocol.ts";

/** How one call of a plugin ended, for metrics. */
export type CallObservation = {
  readonly plugin: string;
  readonly function: string;
  /** `ok`, or the code of the failure. */
  readonly outcome: "ok" | FailureCode;
  readonly durationMs: number;
  readonly memoryBytes: number;
};

export type PluginObserver = {
  callFinished(call: CallObservation): void;
  logged(line: LogLine & { readonly plugin: string; readonly requestId?: string }): void;
  quarantined(plugin: string, code: FailureCode, message: string): void;
  /** What it failed of could not be stored. */
  unsaved(plugin: string, error: unknown): void;
  /** The host could not do what a plugin asked for, through no fault of the plugin's. */
  hostFailed(plugin: string, error: unknown): void;
  /** A process ended; the plugin is the one that is to blame, where one is. */
  hostRestarted(plugin: string | undefined, reason: FailureCode | undefined): void;
};

/** A text that a plugin asks for. */
export type GuestGenerateRequest = {
  readonly model?: string;
  readonly messages: readonly { readonly role: "system" | "user" | "assistant"; readonly content: string }[];
  /** Longest answer; absent: until the model ends, or its context. */
  readonly maxTokens?: number;
  /** The answer is cut there, whatever was asked for. */
  readonly mostTokens: number;
  readonly temperature?: number;
  readonly seed?: number;
  readonly stop: readonly string[];
  /** JSON Schema that the answer has to fit. */
  readonly schema?: JsonValue;
};

export type GuestGenerateAnswer = {
  readonly text: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly finishReason: string;
};

export type GuestEmbedRequest = { readonly model: string; readonly texts: readonly string[] };
export type GuestEmbedAnswer = {
  readonly vectors: readonly (readonly number[])[];
  readonly promptTokens: number;
};

/** Who asks, and how deep in calls of plugins and models. */
export type Asker = { readonly plugin: string; readonly depth: number };

/** The models, by the one path that every request takes. Absent where there are none to ask. */
export type GuestModels = {
  generate(request: GuestGenerateRequest, asker: Asker, signal: AbortSignal): Promise<GuestGenerateAnswer>;
  embed(request: GuestEmbedRequest, asker: Asker, signal: AbortSignal): Promise<GuestEmbedAnswer>;
};

export type PluginOptions = {
  readonly home: string;
  /** Public keys as `ed25519:…`. */
  readonly trustedKeys: readonly string[];
  /** Whether a plugin without a signature of a trusted key is refused, embedded ones excepted. */
  readonly requireSigned: boolean;
  readonly models?: GuestModels;
  readonly observer: PluginObserver;
  /** Values for config keys that name a variable instead of holding one. */
  readonly readVariable: (name: string) => string | undefined;
  readonly clock: Clock;
  readonly now: () => number;
};
