import type { JsonObject } from "../contract/index.ts";
import type { Coordinator, GenerationRecord } from "../coordinator/index.ts";
import type { Engine } from "../engine/index.ts";
import type { Judges } from "../judges/index.ts";
import type { Knowledge } from "../knowledge/index.ts";
import type { ModelLibrary, ModelRecord } from "../models/index.ts";
import type { Plugins } from "../plugin-host/index.ts";
import type { RateLimit } from "./rate-limit.ts";

export type LogFields = Readonly<Record<string, unknown>>;

export type ServerLogger = {
  info(event: string, fields: LogFields): void;
  warn(event: string, fields: LogFields): void;
  error(event: string, fields: LogFields): void;
};

export type RequestRecord = {
  /** The route's pattern, or `unmatched`. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly errorCode?: string;
  readonly durationMs: number;
  /** The model that was asked for, as the client wrote it. */
  readonly model?: string;
};

/** What the server tells of its work, and the text it answers on /metrics. */
export type ServerMetrics = {
  requestFinished(record: RequestRecord): void;
  /** A request was refused because its caller sent too many. */
  rateLimited(): void;
  readonly contentType: string;
  text(): Promise<string>;
};

/** What a model's files say beyond its record. */
export type ModelInspection = {
  /** The metadata by its own keys, as Ollama lists it. */
  readonly modelInfo: JsonObject;
  readonly projectorInfo?: JsonObject;
  /** Jinja. */
  readonly chatTemplate?: string;
  /** Only where asked for. */
  readonly tensors?: readonly {
    readonly name: string;
    readonly type: string;
    readonly shape: readonly number[];
  }[];
  /** What it would take to load the model, in bytes and at which context. */
  readonly memory?: JsonObject;
};

export type InspectionOptions = {
  /** Adds what is long. */
  readonly verbose: boolean;
  /** The context that the memory is told for; absent: the one that the model would be loaded with. */
  readonly contextTokens?: number;
};

export type ServerDeps = {
  readonly engine: Engine;
  readonly library: ModelLibrary;
  /** Reads the model's files again. */
  readonly inspectModel: (record: ModelRecord, options: InspectionOptions) => Promise<ModelInspection>;
  readonly metrics: ServerMetrics;
  readonly logger: ServerLogger;
  plugins(): Promise<Plugins>;
  judges(): Promise<Judges>;
  knowledge(): Promise<Knowledge>;
  readonly coordinator: Coordinator;
  /** Takes note of each generation that has ended. */
  record(record: GenerationRecord): void;
  /** None: every client is let in. */
  readonly apiKeys: readonly string[];
  /** None: every client that is let in is an administrator. */
  readonly adminKeys: readonly string[];
  /** Of one caller; absent: no limit. */
  readonly rateLimit?: RateLimit;
  /** Origins of web pages that may call; `*` is every origin. */
  readonly allowedOrigins: readonly string[];
  /** The address the server is bound to. */
  readonly hostname: string;
  readonly version: string;
  readonly keepAliveMs?: number;
  readonly nowMs?: () => number;
};
