/** Sizes of a model's contexts where the server planned none: what is asked for, as far as model and machine hold it. */
import type { ContextPlan, LoadOptions } from "./load-options.ts";
import type { NativeModelFacts } from "./native-facts.ts";

/** One physical batch: larger ones speed prefill up little and make every step last longer. */
const batchTokens = 512;
const defaultContextTokens = 8192;
/** The cache is made larger than these only when asked for: loading touches all of its memory. */
const maxDefaultKvTokens = 16384;
const maxDefaultFullContexts = 4;
const kvShareOfMemory = 0.25;
const maxNativeSequences = 256;
/** Memory that the logits of one batch may take, unless running sequences alone need more. */
const outputBytes = 16 * 1024 * 1024;
const bytesPerLogit = 4;
/** A causal model computes logits for every embedded token, needed or not. */
const embedOutputBytes = 1024 * 1024 * 1024;
const maxEmbedTokens = 8192;
const kvBytesPerElement = { f16: 2, q8_0: 34 / 32, f32: 4 } as const;

export function planContext(facts: NativeModelFacts, options: LoadOptions): ContextPlan {
  const trained = Math.max(1, facts.trainedContextTokens);
  const sequenceTokens = Math.min(options.contextTokens ?? defaultContextTokens, trained);
  const wanted = sequenceTokens * Math.min(options.parallel, maxDefaultFullContexts);
  const bytesPerToken = facts.kvElementsPerToken * kvBytesPerElement[options.kvType];
  const affordable =
    bytesPerToken > 0 ? Math.floor((availableMemory() * kvShareOfMemory) / bytesPerToken) : wanted;
  const kvTokens =
    options.kvTokens ?? Math.max(sequenceTokens, Math.min(wanted, affordable, maxDefaultKvTokens));
  const maxSequences = planSequences(facts, options.parallel);
  const affordableOutputs = Math.floor(outputBytes / (bytesPerLogit * facts.vocabularySize));
  const embedLimit = facts.causal
    ? Math.floor(embedOutputBytes / (bytesPerLogit * facts.vocabularySize))
    : maxEmbedTokens;
  return {
    kvTokens,
    sequenceTokens,
    maxSequences,
    batchTokens,
    maxOutputs: Math.max(maxSequences, Math.min(batchTokens, affordableOutputs)),
    embedTokens: Math.max(1, Math.min(sequenceTokens, embedLimit, maxEmbedTokens)),
  };
}

/** Some more than run, so that finished prefixes can stay; a recurrent model pays for each with a state of its own. */
function planSequences(facts: NativeModelFacts, parallel: number): number {
  const spare = facts.recurrent ? 0 : Math.max(4, Math.ceil(parallel / 2));
  return Math.min(maxNativeSequences, parallel + spare);
}

function availableMemory(): number {
  return process.availableMemory();
}
