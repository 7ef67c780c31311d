import { AppError } from "../../base/index.ts";
import { findEmbeddingPrompts } from "../../models/index.ts";
import type { JudgeDeps } from "../deps.ts";
import type { Embedder } from "./embedder.ts";

/** Texts of one call of the engine, so that other callers get their turn between. */
export const maxBatchTexts = 64;
const judgeTenant = "judge";
/** What is embedded to learn the dimension where only blank texts were given. */
const anyText = "text";

/** Likeness by a model's embeddings. Throws what the engine throws, naming the text by its index. */
export function createModelEmbedder(
  engine: Pick<JudgeDeps["engine"], "find" | "embed">,
  name: string,
  tenant = judgeTenant,
): Embedder {
  async function embedBatch({ model, prompt }: Asked, entries: readonly Entry[], signal: AbortSignal) {
    const request = { model, inputs: entries.map(({ text }) => `${prompt}${text}`), tenant };
    const { vectors } = await engine.embed(request, signal).catch((error: unknown) => {
      throw nameText(error, entries);
    });
    if (vectors.length === entries.length) return vectors;
    const message = `${name} gave ${vectors.length} vectors for ${entries.length} texts; use another embedding model`;
    throw new AppError("inference_error", message);
  }

  return {
    name,
    async embed(texts, signal) {
      const entries = listEntries(texts);
      const { id, summary } = await engine.find(name);
      const asked = { model: id, prompt: findEmbeddingPrompts(id, summary.title).similarity };
      const found = new Map<string, Float32Array>();
      let dimension: number | undefined;
      for (let start = 0; start < entries.length; start += maxBatchTexts) {
        signal.throwIfAborted();
        const batch = entries.slice(start, start + maxBatchTexts);
        for (const [place, vector] of (await embedBatch(asked, batch, signal)).entries()) {
          const { text, index } = batch[place] as Entry;
          dimension ??= vector.length;
          found.set(text, toUnit(vector, { name, dimension, index }));
        }
      }
      return texts.map((text) => found.get(text) ?? new Float32Array(dimension ?? 0));
    },
  };
}

type Asked = { readonly model: string; readonly prompt: string };

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

/** The engine counts within one batch; the caller knows its own list. */
function nameText(error: unknown, entries: readonly Entry[]): unknown {
  if (!(error instanceof AppError) || typeof error.details.index !== "number") return error;
  const index = entries[error.details.index]?.index ?? error.details.index;
  const message = error.message.replace(/^input \d+/, `text ${index}`);
  return new AppError(error.code, message, { cause: error, details: { ...error.details, index } });
}
