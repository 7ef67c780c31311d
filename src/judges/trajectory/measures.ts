/**
 * What the probabilities of generated tokens say. Every probability is of the raw logits, before
 * temperature, top-k or top-p, so how a token was drawn changes nothing here. Logarithms are natural.
 */
import type { TokenAlternative } from "../../contract/index.ts";
import { mean, percentile } from "../statistics/descriptive.ts";

const tailShare = 0.95;
/** From this many tokens on the 95th percentile is judged: the maximum of a long answer only grows with its length. */
const longAnswerTokens = 20;

export type Measures = {
  /** exp(−(1/T)·Σ ln p_t), from 1; Infinity where a token had no probability at all. */
  readonly perplexity: number;
  /** Mean surprise of the tokens below the surprise probability, in nats per token of the whole answer. */
  readonly surpriseRate: number;
  readonly surprisingTokens: number;
  /** Of the most likely tokens, normalised: 0 is certain, 1 is no preference. */
  readonly normalizedEntropy: EntropyStatistics;
  /** What the gate compares: the 95th percentile of the normalised entropy, or its maximum below 20 tokens. */
  readonly entropyStatistic: number;
  /** Between the two most likely tokens. */
  readonly logitGap: { readonly mean: number; readonly min: number };
  /** Over the whole vocabulary, divided by ln V; absent where the engine did not tell it. */
  readonly vocabularyEntropy?: EntropyStatistics & { readonly min: number };
};

type EntropyStatistics = { readonly mean: number; readonly p95: number; readonly max: number };

/** Numbers of an answer, one of each kind a token. */
type TokenColumns = {
  readonly logprobs: readonly number[];
  readonly normalizedEntropies: readonly number[];
  readonly gaps: readonly number[];
  /** As long as the others, or empty where it was not measured. */
  readonly vocabularyEntropies: readonly number[];
};

/** exp of the mean negative log-likelihood; p = .5, .25, .125 gives 4. Needs at least one token. */
export function perplexityOf(logprobs: readonly number[]): number {
  return Math.exp(-mean(logprobs));
}

/** (1/T)·Σ −ln p_t over the tokens with p_t below the bar; p = .5, .05 gives 1.498 nats at 0.1. */
export function surpriseRateOf(logprobs: readonly number[], surpriseProbability: number): number {
  const bar = Math.log(surpriseProbability);
  return logprobs.reduce((sum, logprob) => (logprob < bar ? sum - logprob : sum), 0) / logprobs.length;
}

/**
 * −Σ q ln q / ln k over the k most likely tokens, q their probabilities renormalised; .7, .2, .1 gives 0.730.
 * `top` comes most likely first. NaN where fewer than two are given or they are no probabilities.
 */
export function normalizedEntropyOf(top: readonly TokenAlternative[], topK: number): number {
  const count = Math.min(top.length, topK);
  const likeliest = top[0]?.logprob ?? Number.NaN;
  let sum = 0;
  let weighted = 0;
  for (let i = 0; i < count; i++) {
    const distance = (top[i]?.logprob ?? Number.NaN) - likeliest;
    const weight = Math.exp(distance);
    sum += weight;
    if (weight > 0) weighted += weight * distance;
  }
  const entropy = (Math.log(sum) - weighted / sum) / Math.log(count);
  return count < 2 ? Number.NaN : Math.min(1, Math.max(0, entropy));
}

/** p₍₁₎ − p₍₂₎ of alternatives that come most likely first: a gap of probabilities, for all its name. */
export function logitGapOf(top: readonly TokenAlternative[]): number {
  return Math.exp(top[0]?.logprob ?? Number.NaN) - Math.exp(top[1]?.logprob ?? Number.NaN);
}

/** The measures of an answer of at least one token. */
export function measure(columns: TokenColumns, surpriseProbability: number): Measures {
  const { logprobs, normalizedEntropies, gaps, vocabularyEntropies } = columns;
  const bar = Math.log(surpriseProbability);
  const normalizedEntropy = summarize(normalizedEntropies);
  const isLong = logprobs.length >= longAnswerTokens;
  return {
    perplexity: perplexityOf(logprobs),
    surpriseRate: surpriseRateOf(logprobs, surpriseProbability),
    surprisingTokens: logprobs.filter((logprob) => logprob < bar).length,
    normalizedEntropy,
    entropyStatistic: isLong ? normalizedEntropy.p95 : normalizedEntropy.max,
    logitGap: { mean: mean(gaps), min: smallest(gaps) },
    ...(vocabularyEntropies.length > 0 && {
      vocabularyEntropy: { min: smallest(vocabularyEntropies), ...summarize(vocabularyEntropies) },
    }),
  };
}

function summarize(values: readonly number[]): EntropyStatistics {
  return {
    mean: mean(values),
    p95: percentile(values, tailShare),
    max: values.reduce((most, value) => Math.max(most, value), 0),
  };
}

function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}
