import { AppError } from "../../base/index.ts";
import type { KnowledgeDeps } from "../deps.ts";

export type EmbedOptions = {
  readonly model: string;
  /** What stands before each text, and each piece of one. */
  readonly prompt: string;
  readonly tenant: string;
  /** Absent: not known yet; all vectors are of one length then. */
  readonly dimension?: number;
  readonly privacy?: "local";
};

type Embedding = Pick<KnowledgeDeps["engine"], "embed">;

const maxBatchTexts = 64;
/** Room for what the model adds to each piece, and for tokens that are spread unevenly. */
const pieceShare = 0.8;
/** A text that is still too long in pieces of so few characters is refused. */
const minPieceCharacters = 16;
/** Pieces of one text. */
const maxPieces = 1_024;

/**
 * One vector of length 1 a text, in order. A text that is longer than the model takes is embedded in pieces: its vector
 * is their mean, weighted by length. Throws AppError inference_error for a vector of zeros, of another length or with
 * values that are no numbers, with the text's place as `details.index`; else what the engine throws.
 */
export async function embedTexts(
  engine: Embedding,
  texts: readonly string[],
  options: EmbedOptions,
  signal: AbortSignal,
): Promise<readonly Float32Array[]> {
  const vectors: Float32Array[] = [];
  let { dimension } = options;
  for (let start = 0; start < texts.length; start += maxBatchTexts) {
    signal.throwIfAborted();
    const batch = texts.slice(start, start + maxBatchTexts);
    for (const [place, vector] of (await embedBatch(engine, batch, options, signal)).entries()) {
      dimension ??= vector.length;
      vectors.push(toUnit(vector, { model: options.model, dimension, index: start + place }));
    }
  }
  return vectors;
}

async function embedBatch(
  engine: Embedding,
  texts: readonly string[],
  options: EmbedOptions,
  signal: AbortSignal,
): Promise<readonly Float32Array[]> {
  try {
    return await ask(engine, texts, options, signal);
  } catch (error) {
    if (!isTooLong(error)) throw error;
    const vectors: Float32Array[] = [];
    for (const text of texts) vectors.push(await embedLong(engine, text, options, signal));
    return vectors;
  }
}

async function embedLong(
  engine: Embedding,
  text: string,
  options: EmbedOptions,
  signal: AbortSignal,
): Promise<Float32Array> {
  let share = 1;
  for (;;) {
    const pieces = cut(text, Math.max(minPieceCharacters, Math.floor(text.length * share)));
    try {
      if (pieces.length > maxPieces) throw tooManyPieces(text, options.model);
      return await embedPieces(engine, pieces, options, signal);
    } catch (error) {
      if (!isTooLong(error) || text.length * share <= minPieceCharacters) throw error;
      share *= Math.min(pieceShare, shareThatFits(error) * pieceShare);
    }
  }
}

async function embedPieces(
  engine: Embedding,
  pieces: readonly string[],
  options: EmbedOptions,
  signal: AbortSignal,
): Promise<Float32Array> {
  const sums: Float32Array[] = [];
  for (let start = 0; start < pieces.length; start += maxBatchTexts) {
    const batch = pieces.slice(start, start + maxBatchTexts);
    sums.push(...(await ask(engine, batch, options, signal)));
  }
  const mean = new Float32Array(sums[0]?.length ?? 0);
  for (const [place, vector] of sums.entries()) {
    const weight = pieces[place]?.length ?? 0;
    for (let index = 0; index < mean.length; index++)
      mean[index] = (mean[index] ?? 0) + weight * (vector[index] ?? Number.NaN);
  }
  return mean;
}

async function ask(
  engine: Embedding,
  texts: readonly string[],
  { model, prompt, tenant, privacy }: EmbedOptions,
  signal: AbortSignal,
): Promise<readonly Float32Array[]> {
  const inputs = texts.map((text) => `${prompt}${text}`);
  const { vectors } = await engine.embed({ model, inputs, tenant, ...(privacy && { privacy }) }, signal);
  if (vectors.length === inputs.length) return vectors;
  const message = `${model} gave ${vectors.length} vectors for ${inputs.length} texts; use another embedding model`;
  throw new AppError("inference_error", message);
}

function isTooLong(error: unknown): error is AppError {
  return error instanceof AppError && error.code === "context_limit_exceeded";
}

/** What of the longest piece the model takes, where the error says it. */
function shareThatFits({ details: { max, required } }: AppError): number {
  return typeof max === "number" && typeof required === "number" && required > 0 ? max / required : 1;
}

function tooManyPieces(text: string, model: string): AppError {
  const message = `a text of ${text.length} characters is too long for ${model}, even in ${maxPieces} pieces; cut it into smaller chunks`;
  return new AppError("invalid_request", message);
}

/** Pieces of at most `length` UTF-16 units, cut behind a blank where there is one in their second half. */
function cut(text: string, length: number): readonly string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = Math.min(text.length, start + length);
    const blank = end < text.length ? text.lastIndexOf(" ", end - 1) + 1 : end;
    const cutAt = blank > start + length / 2 ? blank : keepPairs(text, end);
    const piece = text.slice(start, cutAt);
    if (piece.trim() !== "") pieces.push(piece);
    start = cutAt;
  }
  return pieces;
}

/** Not between the two halves of one character. */
function keepPairs(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return end < text.length && code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}

type Expected = { readonly model: string; readonly dimension: number; readonly index: number };

/** At length 1. */
function toUnit(vector: Float32Array, { model, dimension, index }: Expected): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const problem =
    vector.length !== dimension
      ? `a vector of ${vector.length} dimensions where ${dimension} were expected`
      : squares === 0
        ? "a vector of zeros"
        : Number.isFinite(squares)
          ? undefined
          : "a vector with values that are no numbers";
  if (problem === undefined) {
    const length = Math.sqrt(squares);
    return vector.map((value) => value / length);
  }
  const message = `${model} gave ${problem} for text ${index}; re-embed the collection with another model`;
  throw new AppError("inference_error", message, { details: { index, dimension: vector.length } });
}
