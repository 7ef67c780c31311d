import type { AppError } from "../base/index.ts";
import type { UpstreamConfig } from "../config/index.ts";
import type { EmbedRequest, EmbedResult, GenerateEvent, GenerateRequest } from "../contract/index.ts";
import type { BreakerState } from "../resilience/index.ts";
import type { KeyDeps } from "./credentials.ts";
import type { ExchangeDeps } from "./exchange.ts";
import { createUpstream } from "./upstream.ts";
import type { UpstreamModel } from "./wire.ts";

/** A server elsewhere, behind its breaker, its rate limit and its number of places. */
export type Upstream = {
  readonly config: UpstreamConfig;
  /** Configured ones, and those that the server lists; what is known is kept for a while. Never throws. */
  models(signal: AbortSignal): Promise<readonly UpstreamModel[]>;
  /** What is known of a model without asking. */
  describe(model: string): UpstreamModel | undefined;
  /** Why the request could not be sent there: it is to stay here, or the protocol has no word for a part of it. */
  refusal(request: GenerateRequest): AppError | undefined;
  /**
   * `request.model` is the upstream's own name. Throws AppError; the first event comes only once it accepts the request,
   * and a fault after the first text, reasoning or call is a streaming_error.
   */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent>;
  embed(request: EmbedRequest, signal: AbortSignal): Promise<EmbedResult>;
  health(): UpstreamHealth;
};

export type UpstreamHealth = {
  readonly state: BreakerState;
  /** In a row. */
  readonly failures: number;
  readonly running: number;
  readonly lastError?: string;
  /** Why its list of models could not be had. */
  readonly listError?: string;
};

export type UpstreamDeps = KeyDeps & ExchangeDeps & { readonly logger: UpstreamLogger };

export type UpstreamLogger = {
  warn(event: string, fields: Readonly<Record<string, unknown>>): void;
};

export type UpstreamsOptions = UpstreamDeps & { readonly upstreams: readonly UpstreamConfig[] };

export type Upstreams = {
  readonly list: readonly Upstream[];
  find(name: string): Upstream | undefined;
};

export function createUpstreams({ upstreams, ...deps }: UpstreamsOptions): Upstreams {
  const list = upstreams.map((config) => createUpstream(config, deps));
  const byName = new Map(list.map((upstream) => [upstream.config.name, upstream]));
  return { list, find: (name) => byName.get(name) };
}
