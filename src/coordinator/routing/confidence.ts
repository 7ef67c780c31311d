import type { TokenLogprob } from "../../contract/index.ts";

/** How sure a model is of the tokens that it chose. */
export type Confidence = {
  add(tokens: readonly Pick<TokenLogprob, "logprob">[]): void;
  readonly tokens: number;
  /** From 0 to 1; undefined while there is no token. */
  value(): number | undefined;
};

/**
 * exp(mean ln p) over the chosen tokens: their geometric mean probability, which is 1 / perplexity. By hand: ln p of −0.1
 * and −0.3 give exp(−0.2) = 0.8187.
 */
export function createConfidence(): Confidence {
  let tokens = 0;
  let sum = 0;
  return {
    add(added) {
      for (const { logprob } of added) {
        // What says nothing counts as impossible: an answer must not stay because its figures are broken.
        sum += Number.isNaN(logprob) ? Number.NEGATIVE_INFINITY : Math.min(0, logprob);
        tokens += 1;
      }
    },
    get tokens() {
      return tokens;
    },
    value: () => (tokens === 0 ? undefined : Math.exp(sum / tokens)),
  };
}
