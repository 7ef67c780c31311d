/**
 * A byte-level BPE vocabulary of any size from 40,000 tokens up, made without training data: letter pairs, triples and
 * the likeliest groups of four, with and without a leading space, and one token for each of the given words.
 * An English word outside of these takes about one token for three letters.
 */

export type Vocabulary = {
  readonly tokens: readonly string[];
  readonly merges: readonly string[];
  /** The number of the first token that is not text: `specialTokens` in order. */
  readonly firstSpecial: number;
};

/** How GPT-2 vocabularies spell a space. */
const SPACE = "\u0120";
/** English letters, commonest first; merges of common letters come first, as training would have it. */
const LETTERS = [..."etaoinshrdlcumwfgypbvkjxqz"];

/** Builds a vocabulary of exactly `size` tokens whose last ones are `specialTokens`. */
export function createVocabulary(
  size: number,
  words: readonly string[],
  specialTokens: readonly string[],
): Vocabulary {
  const tokens = new Set(byteTokens());
  const merges: string[] = [];
  const merge = (left: string, right: string): void => {
    if (tokens.has(left + right)) return;
    tokens.add(left + right);
    merges.push(`${left} ${right}`);
  };
  const pairs = combine(LETTERS, LETTERS);
  for (const letter of LETTERS) merge(SPACE, letter);
  for (const [left, right] of pairs) merge(left, right);
  const pairTokens = pairs.map(([left, right]) => left + right);
  for (const [letter, pair] of combine(LETTERS, pairTokens)) merge(SPACE + letter, pair);
  for (const [letter, other] of pairs) merge(SPACE + letter, other);
  for (const [pair, letter] of combine(pairTokens, LETTERS)) merge(pair, letter);
  mergeWords(words, merges, merge);
  for (const [left, right] of combine(pairTokens, pairTokens)) {
    if (tokens.size + specialTokens.length >= size) break;
    merge(left, right);
  }
  const firstSpecial = tokens.size;
  for (const token of specialTokens) tokens.add(token);
  if (tokens.size !== size)
    throw new Error(`a vocabulary of ${size} tokens cannot be made, ${tokens.size} came out`);
  return { tokens: [...tokens], merges, firstSpecial };
}

/** Gives each word, with a space before it, a token of its own by joining what the earlier merges leave. */
function mergeWords(
  words: readonly string[],
  merges: readonly string[],
  merge: (left: string, right: string) => void,
): void {
  const ranks = new Map(merges.map((entry, rank) => [entry, rank]));
  for (const word of words) {
    const [first = "", ...rest] = applyMerges([SPACE, ...word], ranks);
    let joined = first;
    for (const piece of rest) {
      merge(joined, piece);
      joined += piece;
    }
  }
}

/** Byte-pair encoding of one word: the pair of lowest rank is joined until none is known. */
export function applyMerges(letters: readonly string[], ranks: ReadonlyMap<string, number>): string[] {
  const pieces = [...letters];
  for (;;) {
    let bestRank = Number.POSITIVE_INFINITY;
    let bestIndex = -1;
    for (let index = 0; index + 1 < pieces.length; index++) {
      const rank = ranks.get(`${pieces[index]} ${pieces[index + 1]}`) ?? Number.POSITIVE_INFINITY;
      if (rank < bestRank) [bestRank, bestIndex] = [rank, index];
    }
    if (bestIndex < 0) return pieces;
    pieces.splice(bestIndex, 2, `${pieces[bestIndex]}${pieces[bestIndex + 1]}`);
  }
}

/** All pairs of the two lists, those whose members both stand early first. */
function combine(lefts: readonly string[], rights: readonly string[]): [string, string][] {
  const pairs = lefts.flatMap((left, i) =>
    rights.map((right, j) => ({ left, right, order: (i + 1) * (j + 1) })),
  );
  pairs.sort((a, b) => a.order - b.order);
  return pairs.map(({ left, right }) => [left, right]);
}

/** GPT-2's printable stand-ins for the 256 bytes, in byte order. */
function byteTokens(): string[] {
  const isPrintable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let nextStandIn = 256;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isPrintable(byte) ? byte : nextStandIn++),
  );
}
