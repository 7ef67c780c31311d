import { z } from "zod";
import type { ContextReceipt, GenerateEvent, JsonObject, Usage } from "../../contract/index.ts";

/** Pieces that a stored answer comes in at most. */
const maxPieces = 512;
/** Of each piece at least, in UTF-16 units: about a token. */
const pieceLength = 4;

/** An answer that ended by itself. */
export type StoredAnswer = {
  /** `MODEL`, or `MODEL@UPSTREAM`. */
  readonly answeredBy: string;
  readonly text: string;
  readonly reasoning: string;
  readonly stopSequence?: string;
  readonly usage: Omit<Usage, "cachedTokens">;
  /** What it was given to rest on. */
  readonly context?: ContextReceipt;
};

const count = z.int().min(0);
const score = z.number().min(0).max(1);
const storedSchema = z.strictObject({
  answered_by: z.string().min(1),
  text: z.string(),
  reasoning: z.string(),
  stop_sequence: z.string().exactOptional(),
  usage: z.strictObject({ prompt_tokens: count, completion_tokens: count, reasoning_tokens: count }),
  context: z
    .strictObject({
      collections: z.array(z.string()),
      citations: z.array(
        z.strictObject({
          ...{ index: count, collection: z.string(), chunkId: z.string(), source: z.string() },
          ...{ fileId: z.string().exactOptional(), filename: z.string().exactOptional() },
          ...{ startLine: count, endLine: count, score, text: z.string() },
        }),
      ),
      mode: z.enum(["words", "vectors", "hybrid"]),
      reason: z.string().exactOptional(),
    })
    .exactOptional(),
});

export function toStoredText({
  answeredBy,
  text,
  reasoning,
  stopSequence,
  usage,
  context,
}: StoredAnswer): string {
  const { promptTokens, completionTokens, reasoningTokens } = usage;
  const stored: JsonObject = {
    ...{ answered_by: answeredBy, text, reasoning },
    ...(stopSequence !== undefined && { stop_sequence: stopSequence }),
    usage: {
      ...{ prompt_tokens: promptTokens, completion_tokens: completionTokens },
      reasoning_tokens: reasoningTokens,
    },
    ...(context && { context: context as unknown as JsonObject }),
  };
  return JSON.stringify(stored);
}

/** Undefined for a row that was damaged. */
export function fromStoredText(stored: string): StoredAnswer | undefined {
  const parsed = storedSchema.safeParse(parseJson(stored)).data;
  if (!parsed) return undefined;
  const { answered_by: answeredBy, text, reasoning, stop_sequence: stopSequence, usage, context } = parsed;
  return {
    ...{ answeredBy, text, reasoning },
    ...(stopSequence !== undefined && { stopSequence }),
    usage: {
      promptTokens: usage.prompt_tokens,
      completionTokens: usage.completion_tokens,
      reasoningTokens: usage.reasoning_tokens,
    },
    ...(context && { context }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The events of a generation that said the same; its whole prompt counts as cached. */
export async function* replay(
  { text, reasoning, stopSequence, usage }: StoredAnswer,
  signal: AbortSignal,
): AsyncGenerator<GenerateEvent, void, undefined> {
  yield { type: "started", promptTokens: usage.promptTokens };
  for (const piece of cut(reasoning)) {
    signal.throwIfAborted();
    yield { type: "reasoning", choice: 0, text: piece };
  }
  for (const piece of cut(text)) {
    signal.throwIfAborted();
    yield { type: "text", choice: 0, text: piece };
  }
  const stop = stopSequence !== undefined && { stopSequence };
  yield { type: "finish", choice: 0, reason: "stop", ...stop };
  const timings = { loadMs: 0, queueMs: 0, prefillMs: 0, decodeMs: 0 };
  yield { type: "done", usage: { ...usage, cachedTokens: usage.promptTokens }, timings };
}

/** Before words; within those that are much longer than a piece, and never within a character. */
function* cut(text: string): Generator<string> {
  const least = Math.max(pieceLength, Math.ceil(text.length / maxPieces));
  let piece = "";
  for (const [word] of text.matchAll(new RegExp(`\\s*\\S{1,${4 * least}}|\\s+$`, "gu"))) {
    piece += word;
    if (piece.length < least) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}
