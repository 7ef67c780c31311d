import { AppError } from "../../base/index.ts";
import { embedPieces } from "../../engine/index.ts";
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

/**
 * One vector of length 1 a text, in order; a text that is longer than the model takes is embedded in pieces. Throws
 * AppError inference_error for a vector of zeros, of another length or with values that are no numbers, with the text's
 * place as `details.index`; else what `embedPieces` throws.
 */
export async function embedTexts(
  engine: Pick<KnowledgeDeps["engine"], "embed">,
  texts: readonly string[],
  options: EmbedOptions,
  signal: AbortSignal,
): Promise<readonly Float32Array[]> {
  const vectors: Float32Array[] = [];
  let { dimension } = options;
  for await (const vector of embedPieces(engine, texts, options, signal)) {
    dimension ??= vector.length;
    vectors.push(toUnit(vector, { model: options.model, dimension, index: vectors.length }));
  }
  return vectors;
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
