import { AppError } from "../../base/index.ts";
import { type AdapterSet, noAdapters } from "./adapters.ts";
import type { LoadedModel } from "./llama-load.ts";
import { addressable, type Native, type NativePointer } from "./symbols.ts";

/** Vectors and scores come from a context of their own, made when the first is asked for. */
export function createEmbeddingCalls(
  { symbols, check, checkPointer }: Native,
  { model, threads, facts, context }: LoadedModel,
) {
  let embedding: NativePointer | undefined;
  let activeThreads = context.threads;
  let adaptersInUse = noAdapters.key;
  /** The context, with these adapters in effect. */
  const prepare = ({ key, indices, scales }: AdapterSet): NativePointer => {
    if (embedding === undefined) {
      embedding = checkPointer(symbols.hearth_embed_new(model, threads, facts.ranks ? 1 : 0));
      symbols.hearth_embed_set_threads(embedding, activeThreads);
    }
    if (key === adaptersInUse) return embedding;
    check(symbols.hearth_embed_adapt(embedding, indices.length, addressable(indices), addressable(scales)));
    adaptersInUse = key;
    return embedding;
  };
  const run = (inputs: readonly Int32Array[], adapters: AdapterSet, valuesPerInput: number): Float32Array => {
    const lengths = Int32Array.from(inputs, (input) => input.length);
    const tooLong = lengths.findIndex((length) => length > context.embedTokens);
    if (tooLong >= 0) {
      const message = `input ${tooLong} has ${lengths[tooLong]} tokens; this model takes ${context.embedTokens}`;
      throw new AppError("context_limit_exceeded", message);
    }
    const tokens = new Int32Array(lengths.reduce((sum, length) => sum + length, 0) + 1);
    let offset = 0;
    for (const input of inputs) {
      tokens.set(input, offset);
      offset += input.length;
    }
    const values = new Float32Array(Math.max(1, inputs.length * valuesPerInput));
    check(symbols.hearth_embed(prepare(adapters), inputs.length, lengths, tokens, values));
    return values;
  };
  return {
    embed(inputs: readonly Int32Array[], adapters: AdapterSet): Float32Array[] {
      if (facts.ranks)
        throw new AppError("invalid_request", "this model ranks documents and gives no embeddings");
      const length = facts.embeddingLength;
      const values = run(inputs, adapters, length);
      return inputs.map((_, i) => values.slice(i * length, (i + 1) * length));
    },
    rank(inputs: readonly Int32Array[], adapters: AdapterSet): Float32Array {
      if (!facts.ranks) throw new AppError("invalid_request", "this model has no rank head");
      return run(inputs, adapters, 1).slice(0, inputs.length);
    },
    setEmbeddingThreads(threads: number): void {
      activeThreads = threads;
      if (embedding !== undefined) symbols.hearth_embed_set_threads(embedding, threads);
    },
    freeEmbedding(): void {
      if (embedding !== undefined) symbols.hearth_embed_free(embedding);
      embedding = undefined;
    },
  };
}
