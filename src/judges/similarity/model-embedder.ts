import { AppError } from "../../base/index.ts";
import { embedPieces } from "../../engine/index.ts";
import { findEmbeddingPrompts } from "../../models/index.ts";
import type { JudgeDeps } from "../deps.ts";
import type { JudgeCaller } from "../for-caller.ts";
import type { Embedder } from "./embedder.ts";

const judgeTenant = "judge";
/** What is embedded to learn the dimension where only blank texts were given. */
const anyText = "text";

/**
 * Likeness by a model's embeddings; a text that is longer than the model takes is embedded in pieces. Throws what
 * `embedPieces` throws, naming the text by its index.
 */
export function createModelEmbedder(
  engine: Pick<JudgeDeps["engine"], "find" | "embed">,
  name: string,
  { tenant = judgeTenant, privacy }: Pick<JudgeCaller, "tenant" | "privacy"> = {},
): Embedder {
  async function embedEntries(
    entries: readonly Entry[],
    signal: AbortSignal,
  ): Promise<readonly Float32Array[]> {
    const { id, summary } = await engine.find(name);
    const prompt = findEmbeddingPrompts(id, summary.title).similarity;
    const options = { model: id, prompt, tenant, ...(privacy && { privacy }) };
    const texts = entries.map(({ text }) => text);
    const vectors: Float32Array[] = [];
    let dimension: number | undefined;
    for await (const vector of embedPieces(engine, texts, options, signal)) {
      dimension ??= vector.length;
      vectors.push(toUnit(vector, { name, dimension, index: vectors.length }));
    }
    return vectors;
  }

  return {
    name,
    async embed(texts, signal) {
      const entries = listEntries(texts);
      const vectors = await embedEntries(entries, signal).catch((error: unknown) => {
        throw nameText(error, entries);
      });
      const found = new Map(entries.map(({ text }, place) => [text, vectors[place]]));
      return texts.map((text) => found.get(text) ?? new Float32Array(vectors[0]?.length ?? 0));
    },
  };
}

/** A text, and where it first stands in the caller's list. */
type Entry = { readonly text: string; readonly index: number };

/** Each text once and no blank ones, unless all are: then any text, to learn the dimension. */
function listEntries(texts: readonly string[]): readonly Entry[] {
  const indices = new Map<string, number>();
  for (const [index, text] of texts.entries())
    if (text.trim() !== "" && !indices.has(text)) indices.set(text, index);
  if (indices.size === 0 && texts.length > 0) return [{ text: anyText, index: 0 }];
  return Array.from(indices, ([text, index]) => ({ text, index }));
}

type Expected = { readonly name: string; readonly dimension: number; readonly index: number };

/** At length 1. Throws AppError inference_error for a vector that has no direction. */
function toUnit(vector: Float32Array, { name, dimension, index }: Expected): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const problem =
    vector.length !== dimension
      ? `a vector of ${vector.length} dimensions and ${dimension} before`
      : squares === 0
        ? "a vector of zeros"
        : Number.isFinite(squares)
          ? undefined
          : "a vector with values that are no numbers";
  if (problem === undefined) return vector.map((value) => value / Math.sqrt(squares));
  const message = `${name} gave ${problem} for text ${index}; use another embedding model`;
  throw new AppError("inference_error", message, { details: { index } });
}

/** Entries are counted where an error arises; the caller knows its own list. */
function nameText(error: unknown, entries: readonly Entry[]): unknown {
  if (!(error instanceof AppError) || typeof error.details.index !== "number") return error;
  const index = entries[error.details.index]?.index ?? error.details.index;
  const message = error.message.replace(/\btext \d+/, `text ${index}`);
  return new AppError(error.code, message, { cause: error, details: { ...error.details, index } });
}
