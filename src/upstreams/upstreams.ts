import type { UpstreamConfig } from "../config/index.ts";
import type { EmbedRequest, EmbedResult, GenerateEvent, GenerateRequest } from "../contract/index.ts";

/** Prices in USD for a million tokens. */
export type UpstreamModel = {
  /** As the upstream names it. */
  readonly name: string;
  readonly contextTokens?: number;
  readonly inputUsd?: number;
  readonly outputUsd?: number;
};

/** A server elsewhere, behind its breaker, its rate limit and its number of places. */
export type Upstream = {
  readonly config: UpstreamConfig;
  /** Configured ones, and those that the server lists; what is known is kept for a while. */
  models(signal: AbortSignal): Promise<readonly UpstreamModel[]>;
  /** `request.model` is the upstream's own name. Throws AppError; the first event comes only once it accepts the request. */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent>;
  embed(request: EmbedRequest, signal: AbortSignal): Promise<EmbedResult>;
  health(): UpstreamHealth;
};

export type UpstreamHealth = {
  readonly state: "closed" | "open" | "half-open";
  readonly failures: number;
  readonly running: number;
  readonly lastError?: string;
};

export type UpstreamsOptions = {
  readonly upstreams: readonly UpstreamConfig[];
  /** Of `env:NAME`. */
  readonly readVariable: (name: string) => string | undefined;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
  readonly random: () => number;
};

export type Upstreams = {
  readonly list: readonly Upstream[];
  find(name: string): Upstream | undefined;
};

export function createUpstreams(_options: UpstreamsOptions): Upstreams {
  return { list: [], find: () => undefined };
}
