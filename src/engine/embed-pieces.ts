import { AppError } from "../base/index.ts";
import type { Engine } from "./engine.ts";

export type EmbedPiecesOptions = {
  readonly model: string;
  /** What stands before each text, and each piece of one. */
  readonly prompt: string;
  readonly tenant: string;
  readonly privacy?: "local";
};

type Asked = {
  readonly engine: Pick<Engine, "embed">;
  readonly options: EmbedPiecesOptions;
  readonly signal: AbortSignal;
};

/** A text, with its place in its batch and among those of the caller. */
type Entry = { readonly text: string; readonly place: number; readonly index: number };

/** Texts of one call of the engine, so that other callers get their turn between. */
const maxBatchTexts = 64;
/** Room for what the model adds to each piece, and for tokens that are spread unevenly. */
const pieceShare = 0.8;
/** A text that is still too long in pieces of so few characters is refused. */
const minPieceCharacters = 16;
/** Pieces of one text. */
const maxPieces = 1_024;

/**
 * One vector a text, in order and as the model gives it. A text that is longer than the model takes is embedded in
 * pieces: its vector is their mean, weighted by length. Throws what the engine throws, and AppError inference_error for
 * too few vectors, invalid_request for too many pieces; where it is about one text, with its place as `details.index`.
 */
export async function* embedPieces(
  engine: Asked["engine"],
  texts: readonly string[],
  options: EmbedPiecesOptions,
  signal: AbortSignal,
): AsyncGenerator<Float32Array, void> {
  const asked: Asked = { engine, options, signal };
  for (let start = 0; start < texts.length; start += maxBatchTexts) {
    const batch = texts.slice(start, start + maxBatchTexts);
    const entries = batch.map((text, place) => ({ text, place, index: start + place }));
    yield* await embedBatch(entries, asked);
  }
}

/** What is no shorter than a text that is too long is asked for alone, the rest together. */
async function embedBatch(entries: readonly Entry[], asked: Asked): Promise<readonly Float32Array[]> {
  const vectors: Float32Array[] = entries.map(() => new Float32Array());
  let left = entries;
  while (left.length > 1) {
    try {
      const together = await ask(
        left.map(({ text }) => text),
        asked,
      );
      for (const [at, { place }] of left.entries()) vectors[place] = together[at] ?? new Float32Array();
      return vectors;
    } catch (error) {
      const named = findNamed(error, left);
      if (!isTooLong(error)) throw named ? nameText(error, "text", named.index) : error;
      const length = named?.text.length ?? 0;
      for (const entry of left)
        if (entry.text.length >= length) vectors[entry.place] = await embedAlone(entry, asked);
      left = left.filter(({ text }) => text.length < length);
    }
  }
  for (const entry of left) vectors[entry.place] = await embedAlone(entry, asked);
  return vectors;
}

async function embedAlone({ text, index }: Entry, asked: Asked): Promise<Float32Array> {
  let share = 1;
  for (;;) {
    const pieces = cut(text, Math.max(minPieceCharacters, Math.floor(text.length * share)));
    if (pieces.length > maxPieces) throw tooManyPieces(text, index, asked.options.model);
    try {
      return meanOf(pieces, await askAll(pieces, asked));
    } catch (error) {
      if (!isTooLong(error) || text.length * share <= minPieceCharacters)
        throw nameText(error, pieces.length > 1 ? "a piece of text" : "text", index);
      share *= Math.min(pieceShare, shareThatFits(error) * pieceShare);
    }
  }
}

async function askAll(pieces: readonly string[], asked: Asked): Promise<readonly Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let start = 0; start < pieces.length; start += maxBatchTexts)
    vectors.push(...(await ask(pieces.slice(start, start + maxBatchTexts), asked)));
  return vectors;
}

async function ask(
  texts: readonly string[],
  { engine, options: { model, prompt, tenant, privacy }, signal }: Asked,
): Promise<readonly Float32Array[]> {
  signal.throwIfAborted();
  const inputs = texts.map((text) => `${prompt}${text}`);
  const { vectors } = await engine.embed({ model, inputs, tenant, ...(privacy && { privacy }) }, signal);
  if (vectors.length === inputs.length) return vectors;
  const message = `${model} gave ${vectors.length} vectors for ${inputs.length} texts; use another embedding model`;
  throw new AppError("inference_error", message);
}

/** Weighted by the length of the pieces; of one piece its own vector. */
function meanOf(pieces: readonly string[], vectors: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array()] = vectors;
  if (vectors.length === 1) return first;
  const sums = new Float64Array(first.length);
  let total = 0;
  for (const [place, vector] of vectors.entries()) {
    const weight = pieces[place]?.length ?? 0;
    total += weight;
    for (let index = 0; index < sums.length; index++)
      sums[index] = (sums[index] ?? 0) + weight * (vector[index] ?? Number.NaN);
  }
  return Float32Array.from(sums, (sum) => sum / total);
}

function isTooLong(error: unknown): error is AppError {
  return error instanceof AppError && error.code === "context_limit_exceeded";
}

/** The text that the engine names by its place in what it was asked for. */
function findNamed(error: unknown, entries: readonly Entry[]): Entry | undefined {
  return error instanceof AppError && typeof error.details.index === "number"
    ? entries[error.details.index]
    : undefined;
}

/** The engine counts within what it was asked for, a caller among its own texts. */
function nameText(error: unknown, what: string, index: number): unknown {
  if (!(error instanceof AppError)) return error;
  if (error.code !== "context_limit_exceeded" && error.details.index === undefined) return error;
  const message = error.message.replace(/\binput \d+/, `${what} ${index}`);
  return new AppError(error.code, message, { cause: error, details: { ...error.details, index } });
}

/** What of the longest piece the model takes, where the error says it. */
function shareThatFits({ details: { max, required } }: AppError): number {
  return typeof max === "number" && typeof required === "number" && required > 0 ? max / required : 1;
}

function tooManyPieces(text: string, index: number, model: string): AppError {
  const message = `text ${index} has ${text.length} characters, too many for ${model} even in ${maxPieces} pieces; cut it into smaller texts`;
  return new AppError("invalid_request", message, { details: { index } });
}

/** Pieces of at most `length` UTF-16 units, cut behind a blank where there is one in their second half. */
function cut(text: string, length: number): readonly string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = Math.min(text.length, start + length);
    const blank = end < text.length ? start + text.slice(start, end).lastIndexOf(" ") + 1 : end;
    const cutAt = blank > start + length / 2 ? blank : keepPairs(text, end);
    const piece = text.slice(start, cutAt);
    if (piece.trim() !== "") pieces.push(piece);
    start = cutAt;
  }
  return pieces.length > 0 ? pieces : [text];
}

/** Not between the two halves of one character. */
function keepPairs(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return end < text.length && code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}
