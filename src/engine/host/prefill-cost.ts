/**
 * What evaluating a prompt chunk costs: a fixed part a step and a part a token, ms = fixed + perToken · tokens, drawn
 * through the means of short and of long chunks seen lately.
 */
export type ChunkMean = { readonly tokens: number; readonly ms: number };
export type PrefillRecord = { readonly short?: ChunkMean; readonly long?: ChunkMean };

/** Shorter chunks measure mostly the fixed cost of a step. */
const minSampleTokens = 32;
const longTokens = 256;
const learningRate = 0.2;
/** A chunk is efficient when its fixed cost is at most half of what its tokens cost. */
const efficientMultiple = 2;

export class PrefillCost {
  #short: ChunkMean | undefined;
  #long: ChunkMean | undefined;

  constructor(record: PrefillRecord = {}) {
    this.#short = record.short;
    this.#long = record.long;
  }

  record(tokens: number, ms: number): void {
    if (tokens < minSampleTokens || !(ms > 0)) return;
    if (tokens < longTokens) this.#short = blend(this.#short, tokens, ms);
    else this.#long = blend(this.#long, tokens, ms);
  }

  /** Tokens that fit in `ms`; undefined while nothing is known. */
  tokensWithin(ms: number): number | undefined {
    const mean = this.#long ?? this.#short;
    return mean && Math.floor((ms * mean.tokens) / mean.ms);
  }

  /** Tokens from which a longer chunk gains little; undefined while only one length is known. */
  efficientTokens(): number | undefined {
    if (!this.#short || !this.#long) return undefined;
    const perTokenMs = (this.#long.ms - this.#short.ms) / (this.#long.tokens - this.#short.tokens);
    const fixedMs = this.#short.ms - perTokenMs * this.#short.tokens;
    if (perTokenMs <= 0 || fixedMs <= 0) return undefined;
    return Math.ceil((efficientMultiple * fixedMs) / perTokenMs);
  }

  toRecord(): PrefillRecord {
    return { ...(this.#short && { short: this.#short }), ...(this.#long && { long: this.#long }) };
  }
}

function blend(known: ChunkMean | undefined, tokens: number, ms: number): ChunkMean {
  if (!known) return { tokens, ms };
  return {
    tokens: known.tokens + learningRate * (tokens - known.tokens),
    ms: known.ms + learningRate * (ms - known.ms),
  };
}
