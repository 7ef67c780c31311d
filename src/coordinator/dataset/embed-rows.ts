import { AppError, toAppError } from "../../base/index.ts";
import { createEmbedder, type Embedder } from "../../judges/index.ts";
import type { CoordinatorDeps } from "../deps.ts";

/** A model embeds a piece at a time, for many take no more than a page; a text is the mean of its pieces. */
const pieceCharacters = 1_000;
/** Where a token is a character or two, even a page is too long; pieces of so few are cut no smaller. */
const leastPieceCharacters = 125;
const maxPieces = 8;
/** Texts of one call, so that progress can be told. */
const batchTexts = 100;
const tenant = "dataset";

export type EmbeddedRows = {
  /** `words`, or the model's name. */
  readonly embedder: string;
  /** Why words took the place of the configured model. */
  readonly fault?: string;
  /** One of length 1 for each text, in their order; of zeros for a text without meaning. */
  readonly vectors: readonly Float32Array[];
};

/** By the configured model, and where that cannot by the words of the texts. Nothing leaves this machine. */
export async function embedRows(
  deps: Pick<CoordinatorDeps, "engine" | "settings">,
  texts: readonly string[],
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (done: number) => void },
): Promise<EmbeddedRows> {
  const { embeddingModel } = deps.settings;
  const words = createEmbedder({ engine: deps.engine });
  if (embeddingModel !== undefined) {
    const model = createEmbedder({ embeddingModel, engine: keepLocal(deps.engine) });
    try {
      const vectors = await embedAll(texts, (batch) => embedTexts(model, batch, signal), onProgress);
      return { embedder: model.name, vectors };
    } catch (error) {
      signal.throwIfAborted();
      const fault = toAppError(error).message;
      const vectors = await embedAll(texts, (batch) => words.embed(batch, signal), onProgress);
      return { embedder: words.name, fault, vectors };
    }
  }
  const vectors = await embedAll(texts, (batch) => words.embed(batch, signal), onProgress);
  return { embedder: words.name, vectors };
}

function keepLocal(engine: CoordinatorDeps["engine"]): CoordinatorDeps["engine"] {
  return {
    ...engine,
    embed: (request, signal) => engine.embed({ ...request, tenant, privacy: "local" }, signal),
  };
}

async function embedAll(
  texts: readonly string[],
  embed: (batch: readonly string[]) => Promise<readonly Float32Array[]>,
  onProgress: (done: number) => void,
): Promise<readonly Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let start = 0; start < texts.length; start += batchTexts) {
    vectors.push(...(await embed(texts.slice(start, start + batchTexts))));
    onProgress(vectors.length);
  }
  return vectors;
}

/** A text whose pieces are too long is embedded in smaller ones, and the others as they would be without it. */
async function embedTexts(
  embedder: Embedder,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<readonly Float32Array[]> {
  try {
    return await embedPieces(embedder, texts, pieceCharacters, signal);
  } catch (error) {
    if (!isTooLong(error)) throw error;
  }
  const vectors: Float32Array[] = [];
  for (const text of texts) vectors.push(await embedAlone(embedder, text, signal));
  return vectors;
}

async function embedAlone(embedder: Embedder, text: string, signal: AbortSignal): Promise<Float32Array> {
  for (let characters = pieceCharacters; ; characters /= 2) {
    try {
      const [vector = new Float32Array()] = await embedPieces(embedder, [text], characters, signal);
      return vector;
    } catch (error) {
      if (!isTooLong(error) || characters <= leastPieceCharacters) throw error;
    }
  }
}

function isTooLong(error: unknown): boolean {
  return error instanceof AppError && error.code === "context_limit_exceeded";
}

async function embedPieces(
  embedder: Embedder,
  texts: readonly string[],
  characters: number,
  signal: AbortSignal,
): Promise<readonly Float32Array[]> {
  const pieces = texts.map((text) => cutPieces(text, characters));
  const vectors = await embedder.embed(pieces.flat(), signal);
  let next = 0;
  return pieces.map(({ length }) => {
    next += length;
    return meanOf(vectors.slice(next - length, next));
  });
}

/** All of a text, or so many places of it that lie evenly apart. */
function cutPieces(text: string, characters: number): readonly string[] {
  const count = Math.max(1, Math.ceil(text.length / characters));
  const taken = Math.min(count, maxPieces);
  return Array.from({ length: taken }, (_, index) => {
    const start = Math.floor((index * count) / taken) * characters;
    return text.slice(start, start + characters).toWellFormed();
  });
}

function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors)
    for (const [index, value] of vector.entries()) mean[index] = (mean[index] as number) + value;
  const length = Math.hypot(...mean);
  return length === 0 ? mean : mean.map((value) => value / length);
}
