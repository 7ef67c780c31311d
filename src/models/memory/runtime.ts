import type { ModelShape } from "./model-shape.ts";

/**
 * Pages of the program and its libraries, and what they allocate, with the model's own parts taken off: 41 MiB from source
 * and 45 MiB from the single executable, over models of 1 MiB to 1 GiB on x86-64 Linux. The sizes below were fitted
 * on the same measurements, over vocabularies of 512 to 151,936 tokens.
 */
const programBytes = 43 * 2 ** 20;
/** A token's text three times (id to text, text to id, pieces) with its attributes and its place in the sampler's list. */
const bytesPerToken = 164;
/** Two texts, a rank and a place in a hash table (llama_vocab's bpe_ranks). */
const bytesPerMerge = 104;
/** Description of a tensor, and the graphs that name it. */
const bytesPerTensor = 5_500;
/** Position, sequences and order of a cell of the KV cache (llama_kv_cells). */
const bytesPerCell = 140;

/** What an engine host holds beside the model's own buffers: the program, the vocabulary, the book-keeping. */
export function countRuntimeBytes(shape: ModelShape, kvTokens: number): number {
  return (
    programBytes +
    shape.vocabularySize * bytesPerToken +
    shape.merges * bytesPerMerge +
    shape.tensors * bytesPerTensor +
    kvTokens * bytesPerCell
  );
}
