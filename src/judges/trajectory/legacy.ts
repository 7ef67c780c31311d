/**
 * The figures of an earlier system, by its formulas and names, for those who stored such figures.
 * Its perplexity is the mean of 1/p and no perplexity; its entropy is not normalised; its budget ignores the length.
 */

/** Bars that the earlier system had; no entropy of ten alternatives reaches the second, ln 10 being 2.303. */
export const legacyBars = { perplexity: 50, entropy: 2.5, surprise: 10 } as const;

type LegacyColumns = {
  readonly logprobs: readonly number[];
  /** −Σ p ln p over the most likely tokens, not renormalised. */
  readonly topEntropies: readonly number[];
  readonly gaps: readonly number[];
};

type LegacyStep = {
  /** 1/p; Infinity where p is 0. */
  readonly perplexity: number;
  readonly topKEntropy: number;
  readonly logitGap: number;
  readonly cumulativeSurprise: number;
};

export type LegacyMeasures = {
  readonly steps: readonly LegacyStep[];
  /** Arithmetic, over finite values; absent where none is finite. */
  readonly avgPerplexity?: number;
  readonly maxPerplexity?: number;
  readonly avgEntropy: number;
  readonly maxEntropy: number;
  /** Nats of the whole answer. */
  readonly finalSurprise: number;
  readonly passedQualityCheck: boolean;
};

/** Of at least one token. */
export function measureLegacy(columns: LegacyColumns, surpriseProbability: number): LegacyMeasures {
  const steps = toSteps(columns, surpriseProbability);
  const perplexities = steps.map(({ perplexity }) => perplexity).filter(Number.isFinite);
  const maxEntropy = largest(columns.topEntropies);
  const finalSurprise = steps.at(-1)?.cumulativeSurprise ?? 0;
  const averages = perplexities.length > 0 && {
    avgPerplexity: plainMean(perplexities),
    maxPerplexity: largest(perplexities),
  };
  const avgPerplexity = averages === false ? Number.POSITIVE_INFINITY : averages.avgPerplexity;
  return {
    steps,
    ...averages,
    avgEntropy: plainMean(columns.topEntropies),
    maxEntropy,
    finalSurprise,
    passedQualityCheck:
      avgPerplexity < legacyBars.perplexity &&
      maxEntropy < legacyBars.entropy &&
      finalSurprise < legacyBars.surprise,
  };
}

function toSteps(
  { logprobs, topEntropies, gaps }: LegacyColumns,
  surpriseProbability: number,
): readonly LegacyStep[] {
  let cumulativeSurprise = 0;
  return logprobs.map((logprob, i) => {
    const probability = Math.exp(logprob);
    if (probability < surpriseProbability) cumulativeSurprise -= logprob;
    return {
      perplexity: 1 / probability,
      topKEntropy: topEntropies[i] ?? 0,
      logitGap: gaps[i] ?? 0,
      cumulativeSurprise,
    };
  });
}

function plainMean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value / values.length, 0);
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
