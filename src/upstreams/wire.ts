import type {
  EmbedRequest,
  EmbedResult,
  GenerateEvent,
  GenerateRequest,
  JsonObject,
  Usage,
} from "../contract/index.ts";
import type { Frame } from "./sse.ts";

/** What one of an upstream's models costs and holds, as far as it is known. Prices in USD for a million tokens. */
export type UpstreamModel = {
  /** As the upstream names it. */
  readonly name: string;
  readonly contextTokens?: number;
  readonly inputUsd?: number;
  readonly outputUsd?: number;
};

/** A POST below the upstream's address. */
export type WireCall = { readonly path: string; readonly body: JsonObject };

/** Reads one streamed answer. */
export type AnswerReader = {
  /** Throws AppError for an error that the upstream tells of, and upstream_failed for a frame that is none of the protocol. */
  read(frame: Frame): readonly GenerateEvent[];
  /** Whether the last frame of the protocol has come. */
  readonly isOver: boolean;
  /** Undefined where the upstream does not tell. */
  readonly usage: Usage | undefined;
  /** Throws upstream_failed where the answer is not whole. */
  end(): void;
};

/** A wire format, as pure functions; raw JSON does not go past it. */
export type Protocol = {
  toHeaders(key: string | undefined): Readonly<Record<string, string>>;
  /** Throws AppError invalid_request naming what the protocol cannot express. */
  toGenerateCall(request: GenerateRequest): WireCall;
  createReader(request: GenerateRequest): AnswerReader;
  /** The body of an answer in one piece as frames for the reader. Throws AppError upstream_failed. */
  fromWholeAnswer(text: string): readonly Frame[];
  readonly listPath: string;
  /** Throws AppError upstream_failed for a body that is no list of models. */
  fromModelList(body: unknown): readonly UpstreamModel[];
  /** Absent where there are none. */
  readonly embeddings?: {
    toCall(request: EmbedRequest): WireCall;
    /** Throws AppError upstream_failed where that is not a vector for each input. */
    fromBody(body: unknown, request: EmbedRequest): EmbedResult;
  };
};
