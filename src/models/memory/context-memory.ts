import type { ModelShape } from "./model-shape.ts";
import { type ContextPlan, type KvType, kvElementBytes } from "./plan-context.ts";

/** Sizes of the one context that is in use: for generation, or for embeddings where the model does not generate. */
export type ContextUse = {
  readonly kvTokens: number;
  readonly kvType: KvType;
  readonly sequences: number;
  readonly batchTokens: number;
  /** Rows of logits that the graph has at the same time. */
  readonly computedOutputs: number;
  /** Values that are kept for the caller after a batch. */
  readonly outputValues: number;
};

const bytesPerFloat = 4;
/** Masks are F16 where attention is fused, as it is on every backend that is used. */
const bytesPerMaskElement = 2;
/** Alive beside the widest block: the embedding as tokens and as vectors, the residual stream and its norm. */
const streamCopies = 4;
/** The largest that a product's input becomes for its kernel: F16, for weights that are F16. */
const workBytesPerElement = 2;
/** Queries and keys of one tile of fused attention (GGML_FA_TILE in ggml-cpu). */
const attentionTile = 64;
/** Inputs of one embedding batch, and the fewest tokens that its context is made for (native/shim/embed.cpp). */
const embedSequences = 16;
const minEmbedTokens = 512;

/**
 * Each running sequence has one output in a step. More are touched only where a request wants logprobs of its prompt:
 * up to `maxOutputs`, which is bounded by 16 MiB.
 */
export function useForGeneration(shape: ModelShape, plan: ContextPlan, kvType: KvType): ContextUse {
  return {
    kvTokens: plan.kvTokens,
    kvType,
    sequences: plan.maxSequences,
    batchTokens: Math.min(plan.batchTokens, plan.kvTokens),
    computedOutputs: plan.maxSequences,
    outputValues: plan.maxSequences * shape.vocabularySize,
  };
}

/** Every token of an embedded input gets room for logits, and a causal model computes them (llama_context::output_reserve). */
export function useForEmbedding(
  shape: ModelShape,
  plan: ContextPlan,
  longestInput = minEmbedTokens,
): ContextUse {
  const wanted = Math.min(Math.max(longestInput, minEmbedTokens), Math.max(plan.embedTokens, minEmbedTokens));
  const tokens = 2 ** Math.ceil(Math.log2(wanted));
  return {
    kvTokens: tokens,
    kvType: "f16",
    sequences: embedSequences,
    batchTokens: tokens,
    computedOutputs: shape.causal ? tokens : 0,
    outputValues: tokens * (shape.vocabularySize + shape.embeddingLength),
  };
}

/** Of one cell over all layers; llama_kv_cache keeps a row of keys and one of values a layer and cell. */
export function countCellBytes(shape: ModelShape, kvType: KvType): number {
  return shape.layers.reduce((sum, { kvElements }) => sum + kvElements, 0) * kvElementBytes[kvType];
}

/** Keys and values of all cells, and the states of all sequences, of the layers from one on. */
export function countKvBytes(shape: ModelShape, use: ContextUse, fromLayer: number): number {
  return shape.layers
    .slice(Math.max(0, fromLayer))
    .reduce(
      (sum, { kvElements, stateBytes }) =>
        sum + kvElements * kvElementBytes[use.kvType] * use.kvTokens + stateBytes * use.sequences,
      0,
    );
}

/**
 * Intermediate results of one batch (llama_context::sched_reserve and graph_reserve): the masks over all cells, the
 * residual stream and the widest block, or else the logits, whichever is more, since they never live together.
 */
export function countComputeBytes(shape: ModelShape, use: ContextUse): number {
  const tokens = countBatchTokens(use);
  const widest = shape.layers.reduce((most, { liveElements }) => Math.max(most, liveElements), 0);
  const stream = streamCopies * shape.embeddingLength;
  const masks = shape.masks * use.kvTokens * bytesPerMaskElement;
  const block = tokens * (masks + (stream + widest) * bytesPerFloat);
  const logits =
    (use.computedOutputs * shape.vocabularySize + tokens * shape.embeddingLength) * bytesPerFloat;
  return Math.max(block, logits);
}

/** The CPU's work area (ggml_graph_plan): inputs of the widest product as its kernel wants them, tiles of attention. */
export function countWorkBytes(
  { widestInput, headLength }: ModelShape,
  use: ContextUse,
  threads: number,
): number {
  const tile = attentionTile * (4 * headLength + 2 * attentionTile) * bytesPerFloat;
  return countBatchTokens(use) * widestInput * workBytesPerElement + threads * tile;
}

export function countOutputBytes({ outputValues }: ContextUse): number {
  return outputValues * bytesPerFloat;
}

/** The reserved batch has as many tokens of each sequence. */
function countBatchTokens({ batchTokens, sequences }: ContextUse): number {
  return Math.ceil(batchTokens / sequences) * sequences;
}
