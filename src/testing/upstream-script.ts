import type { JsonObject } from "../contract/index.ts";

/** What a fixture upstream was asked. */
export type UpstreamCall = {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for a GET. */
  readonly body: JsonObject;
  readonly model: string;
  /** Text of the last message of a user, or the prompt. */
  readonly question: string;
  /** From 0, of the calls that want an answer. */
  readonly index: number;
};

/**
 * How it misbehaves, in streams and whole answers alike; `isOfStreams`: a whole answer is as it should be. Pieces are
 * those of the text: 0 is before the first of them.
 */
export type UpstreamFault =
  /** An error with a body of the protocol; 429 and 503 may tell when to come again. */
  | {
      readonly type: "status";
      readonly status: number;
      readonly message?: string;
      readonly code?: string;
      readonly retryAfter?: string;
    }
  /** Takes the request and never says a word. */
  | { readonly type: "silent" }
  /** Stops in the middle and keeps the connection open. */
  | { readonly type: "stalls"; readonly afterPieces: number }
  /** Cuts the connection in the middle: after `when`, else once the client has had the time to read what came before. */
  | {
      readonly type: "dies";
      readonly afterPieces: number;
      readonly when?: Promise<unknown>;
      readonly isOfStreams?: boolean;
    }
  /** Ends in the middle of a frame as if that were all. */
  | { readonly type: "truncated"; readonly afterPieces: number }
  /** A frame that is no JSON. */
  | { readonly type: "garbage"; readonly afterPieces: number; readonly isOfStreams?: boolean }
  /** The page of a proxy, with status 200. */
  | { readonly type: "html" }
  /** One whole JSON answer although a stream was asked for. */
  | { readonly type: "not-streamed" }
  /** The text again and again, until the client goes. */
  | { readonly type: "endless" }
  | { readonly type: "huge-line"; readonly bytes: number }
  /** An error of the protocol in the middle of the stream. */
  | { readonly type: "error-frame"; readonly afterPieces: number; readonly message?: string }
  | { readonly type: "redirect"; readonly location: string };

export type UpstreamUsage = {
  /** All of the prompt, the cached part included. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens?: number;
  readonly reasoningTokens?: number;
};

export type UpstreamLogprob = {
  readonly text: string;
  readonly logprob: number;
  readonly top?: readonly { readonly text: string; readonly logprob: number }[];
};

export type UpstreamReply = {
  /** Sent word by word; `pieces` says it exactly. */
  readonly text?: string;
  readonly pieces?: readonly string[];
  readonly reasoning?: string;
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  /** The protocol's own word; absent: what fits the reply. */
  readonly finish?: string;
  /** Absent: 7 tokens of prompt and one a piece. */
  readonly usage?: UpstreamUsage | "none";
  readonly logprobs?: readonly UpstreamLogprob[];
  readonly fault?: UpstreamFault;
  /** Nothing is sent before. */
  readonly waitFor?: Promise<unknown>;
  /** Called before each piece. */
  readonly beforePiece?: (piece: number) => Promise<unknown>;
};

export type UpstreamScript = (call: UpstreamCall) => UpstreamReply | Promise<UpstreamReply>;

/** The pieces in which a reply's text is sent. */
export function toPieces({ text = "", pieces }: UpstreamReply): readonly string[] {
  return pieces ?? text.match(/\S+\s*|\s+/g) ?? [];
}

/** The counts of a reply as its server tells them. */
export function toUpstreamUsage(reply: UpstreamReply): UpstreamUsage {
  if (reply.usage !== undefined && reply.usage !== "none") return reply.usage;
  const words = [...toPieces(reply), ...(reply.reasoning === undefined ? [] : [reply.reasoning])];
  return { promptTokens: 7, completionTokens: words.length + (reply.toolCalls?.length ?? 0) };
}
