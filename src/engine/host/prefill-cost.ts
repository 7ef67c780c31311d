/**
 * What evaluating a prompt chunk costs. The time a token takes lately, other programs' load included, tells how long a
 * chunk may be; the best times of short and of long chunks tell what part of a step is fixed: ms = fixed + perToken · tokens.
 */
export type ChunkTime = { readonly tokens: number; readonly ms: number };
export type PrefillRecord = { readonly short?: ChunkTime; readonly long?: ChunkTime };

/** Shorter chunks measure mostly the fixed cost of a step. */
const minSampleTokens = 32;
const longTokens = 256;
const learningRate = 0.3;
/** A chunk is efficient when its fixed cost is at most half of what its tokens cost. */
const efficientMultiple = 2;

export class PrefillCost {
  #recentTokenMs: number | undefined;
  #short: ChunkTime | undefined;
  #long: ChunkTime | undefined;

  constructor({ short, long }: PrefillRecord = {}) {
    this.#short = short;
    this.#long = long;
    const known = long ?? short;
    this.#recentTokenMs = known && tokenMs(known);
  }

  record(tokens: number, ms: number): void {
    if (tokens < minSampleTokens || !(ms > 0)) return;
    const chunk = { tokens, ms };
    const recent = this.#recentTokenMs ?? tokenMs(chunk);
    this.#recentTokenMs = recent + learningRate * (tokenMs(chunk) - recent);
    if (tokens < longTokens) this.#short = faster(this.#short, chunk);
    else this.#long = faster(this.#long, chunk);
  }

  /** Tokens that fit in `ms`; undefined while nothing is known. */
  tokensWithin(ms: number): number | undefined {
    return this.#recentTokenMs === undefined ? undefined : Math.floor(ms / this.#recentTokenMs);
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

function tokenMs({ tokens, ms }: ChunkTime): number {
  return ms / tokens;
}

function faster(known: ChunkTime | undefined, chunk: ChunkTime): ChunkTime {
  return known && tokenMs(known) <= tokenMs(chunk) ? known : chunk;
}
