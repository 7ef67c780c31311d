const twoPower32 = 2 ** 32;
const twoPower53 = 2 ** 53;

/**
 * Uniform numbers in [0, 1) with 53 random bits: the same seed gives the same ones. Any finite seed; integers of up to
 * 53 bits all differ. xoshiro128** (Blackman and Vigna 2018) whose state SplitMix-like mixing fills from the seed.
 */
export function createRandom(seed: number): () => number {
  const state = Uint32Array.from([seed, seed / twoPower32, 0x9e3779b9, 0x7f4a7c15].map(Math.floor));
  const next = createXoshiro128(spread(state));
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / twoPower53;
}

/** Whole numbers of 32 bits, by xoshiro128**; a state of zeros alone would give zeros for ever. */
export function createXoshiro128(state: Uint32Array): () => number {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Lets every bit of each word reach all words: neighbouring seeds must not start alike. */
function spread(words: Uint32Array): Uint32Array {
  let sum = 0;
  const mix = (word: number) => {
    sum = (sum + word + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    sum = (mixed ^ (mixed >>> 16)) >>> 0;
    return sum;
  };
  return words.map(mix).map(mix);
}

/** A seed to record where nobody gave one: 32 bits of `random`, which gives numbers in [0, 1). */
export function drawSeed(random: () => number): number {
  return Math.floor(random() * twoPower32);
}
