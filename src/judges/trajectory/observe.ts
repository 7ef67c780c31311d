import type { TokenAlternative, TokenLogprob } from "../../contract/index.ts";
import { type Gate, judgeMeasures } from "./gate.ts";
import { type LegacyMeasures, measureLegacy } from "./legacy.ts";
import { logitGapOf, type Measures, measure, normalizedEntropyOf } from "./measures.ts";
import type { Thresholds } from "./thresholds.ts";

/** Tokens of one answer beyond these are counted and not measured. */
const maxObservedTokens = 2 ** 20;
/** Stands for a probability of 0: JSON has no −∞. */
export const leastLogprob = -9999;

export type ObserverOptions = {
  /** Alternatives that tokens come with, the width of the entropy window. */
  readonly topK: number;
  /** Tokens less likely than this are surprising. */
  readonly surpriseProbability: number;
  readonly thresholds: Thresholds;
  /** Size of the vocabulary that tokens' `entropy` is over; absent: that is not reported. */
  readonly vocabularySize?: number;
};

/** What was seen of an answer. `measured` is absent where the gate is unavailable. */
export type TrajectoryRecord = {
  /** Tokens that came with a probability. */
  readonly tokens: number;
  readonly measured?: { readonly canonical: Measures; readonly legacy: LegacyMeasures };
  readonly gate: Gate;
  readonly thresholds: Thresholds;
};

export type Observer = {
  /** Takes a token as it is generated; keeps numbers alone. */
  add(token: TokenLogprob): void;
  /** May be called at any time, for what came until then. */
  finish(): TrajectoryRecord;
};

/** Collects how sure a model was of the tokens of one answer. */
export function createObserver(options: ObserverOptions): Observer {
  const { topK, thresholds, vocabularySize, surpriseProbability } = options;
  const logprobs: number[] = [];
  const normalizedEntropies: number[] = [];
  const topEntropies: number[] = [];
  const gaps: number[] = [];
  const vocabularyEntropies: number[] = [];
  const largestEntropy = Math.log(vocabularySize ?? 1);
  let tokens = 0;
  let unreadable = 0;
  return {
    add({ logprob, top, entropy }) {
      tokens += 1;
      if (logprobs.length >= maxObservedTokens) return;
      const normalizedEntropy = normalizedEntropyOf(top, topK);
      if (Number.isNaN(logprob) || Number.isNaN(normalizedEntropy)) unreadable += 1;
      logprobs.push(Math.max(leastLogprob, Math.min(0, logprob)));
      normalizedEntropies.push(normalizedEntropy);
      topEntropies.push(topEntropyOf(top, topK));
      gaps.push(logitGapOf(top));
      if (entropy === undefined || Number.isNaN(entropy) || largestEntropy === 0) return;
      vocabularyEntropies.push(Math.min(1, Math.max(0, entropy / largestEntropy)));
    },
    finish() {
      const why = whyUnavailable(tokens, unreadable);
      if (why !== undefined) return { tokens, thresholds, gate: { status: "unavailable", why } };
      const isWhole = vocabularyEntropies.length === logprobs.length;
      const columns = { logprobs, normalizedEntropies, gaps };
      const canonical = measure(
        { ...columns, vocabularyEntropies: isWhole ? vocabularyEntropies : [] },
        surpriseProbability,
      );
      const legacy = measureLegacy({ logprobs, topEntropies, gaps }, surpriseProbability);
      const gate = judgeMeasures(canonical, thresholds);
      return { tokens, measured: { canonical, legacy }, gate, thresholds };
    },
  };
}

function whyUnavailable(tokens: number, unreadable: number): string | undefined {
  if (tokens === 0) return "the answer came without token probabilities";
  if (unreadable > 0) {
    return `${unreadable} of ${tokens} tokens came without the probabilities of at least two alternatives`;
  }
  return undefined;
}

/** −Σ p ln p over the most likely tokens, as they are. */
function topEntropyOf(top: readonly TokenAlternative[], topK: number): number {
  let entropy = 0;
  for (let i = 0; i < Math.min(top.length, topK); i++) {
    const logprob = top[i]?.logprob ?? Number.NEGATIVE_INFINITY;
    const probability = Math.exp(logprob);
    if (probability > 0) entropy -= probability * logprob;
  }
  return Math.max(0, entropy);
}
