/**
 * Sizes of a model's contexts. They are planned once, by the server, before anything is loaded: from the header and the
 * memory budget, never from what happens to be free at the moment, so that a model takes the same each time and no more
 * than it was charged. An engine host that is told these sizes does not plan.
 */
export type KvType = "f16" | "q8_0" | "f32";

/** Of one element; q8_0 stores 32 with a scale of 2 bytes (ggml-common.h). */
export const kvElementBytes: Readonly<Record<KvType, number>> = { f16: 2, q8_0: 34 / 32, f32: 4 };

export type ContextOptions = {
  /** Most tokens of one sequence; clamped to what the model was trained for. */
  readonly contextTokens?: number;
  /** Sequences decoded side by side. */
  readonly parallel: number;
  /** Cells of the shared KV cache. */
  readonly kvTokens?: number;
};

/** What of a model its contexts are planned from. */
export type ContextNeeds = {
  readonly trainedContextTokens: number;
  readonly vocabularySize: number;
  readonly recurrent: boolean;
  readonly causal: boolean;
  /** Of one cell over all layers, at the KV type that it will have. */
  readonly kvCellBytes: number;
};

export type ContextPlan = {
  readonly kvTokens: number;
  readonly sequenceTokens: number;
  readonly maxSequences: number;
  readonly batchTokens: number;
  readonly maxOutputs: number;
  /** Longest input of an embedding or a ranking. */
  readonly embedTokens: number;
};

/** One physical batch: larger ones speed prefill up little and make every step last longer. */
const batchTokens = 512;
const defaultContextTokens = 8_192;
/** A context that nobody asked for is not made smaller than this to fit a budget. */
const minDefaultContextTokens = 2_048;
/** The cache is made larger than these only when asked for: loading touches all of its memory. */
const maxDefaultKvTokens = 16_384;
const maxDefaultFullContexts = 4;
const kvShareOfMemory = 0.25;
const maxNativeSequences = 256;
/** Memory that the logits of one batch may take, unless running sequences alone need more. */
const outputBytes = 16 * 2 ** 20;
const bytesPerLogit = 4;
/** A causal model computes logits for every embedded token, needed or not. */
const embedOutputBytes = 2 ** 30;
const maxEmbedTokens = 8_192;
/** llama.cpp rounds the cells of a cache up to this. */
const cellsPerPage = 256;

/** `memoryBytes` is what the cache is a share of: all that models may take, or what is free where nobody planned. */
export function planContext(needs: ContextNeeds, options: ContextOptions, memoryBytes: number): ContextPlan {
  const affordable = countAffordable(needs, memoryBytes);
  const sequenceTokens = planSequenceTokens(needs, options, affordable);
  const wanted = sequenceTokens * Math.min(options.parallel, maxDefaultFullContexts);
  const kvTokens =
    options.kvTokens ?? Math.max(sequenceTokens, Math.min(wanted, affordable, maxDefaultKvTokens));
  const maxSequences = planSequences(needs, options.parallel);
  const logitsBytes = bytesPerLogit * Math.max(1, needs.vocabularySize);
  const embedLimit = needs.causal ? Math.floor(embedOutputBytes / logitsBytes) : maxEmbedTokens;
  return {
    kvTokens: Math.ceil(kvTokens / cellsPerPage) * cellsPerPage,
    sequenceTokens: Math.min(sequenceTokens, Math.ceil(kvTokens / cellsPerPage) * cellsPerPage),
    maxSequences,
    batchTokens,
    maxOutputs: Math.max(maxSequences, Math.min(batchTokens, Math.floor(outputBytes / logitsBytes))),
    embedTokens: Math.max(1, Math.min(sequenceTokens, embedLimit, maxEmbedTokens)),
  };
}

function countAffordable({ kvCellBytes }: ContextNeeds, memoryBytes: number): number {
  if (kvCellBytes <= 0) return Number.POSITIVE_INFINITY;
  const cells = Math.max(0, memoryBytes * kvShareOfMemory) / kvCellBytes;
  return Math.floor(cells / cellsPerPage) * cellsPerPage;
}

function planSequenceTokens(needs: ContextNeeds, options: ContextOptions, affordable: number): number {
  const trained = Math.max(1, needs.trainedContextTokens);
  if (options.contextTokens !== undefined) return Math.min(options.contextTokens, trained);
  const fitting = Math.max(minDefaultContextTokens, Math.min(defaultContextTokens, affordable));
  return Math.min(fitting, trained);
}

/** Some more than run, so that finished prefixes can stay; a recurrent model pays for each with a state of its own. */
function planSequences({ recurrent }: ContextNeeds, parallel: number): number {
  const spare = recurrent ? 0 : Math.max(4, Math.ceil(parallel / 2));
  return Math.min(maxNativeSequences, parallel + spare);
}
