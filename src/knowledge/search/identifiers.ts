const words = /[\p{L}\p{N}]+/gu;
/** Longer ones are encoded data. */
const maxIdentifierCharacters = 128;
const seams = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
/** Scripts that put no space between words, with which FTS5's tokenizer does nothing. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/gu;

/** `createBreaker` as `create`, `Breaker`; one word comes back as it is. */
export function splitIdentifier(word: string): readonly string[] {
  return word.split(seams);
}

/** The parts of each identifier of a text, once each, and pairs of neighbouring signs of scripts without spaces. */
export function splitIdentifiers(text: string): string {
  const found = new Set<string>();
  for (const [identifier] of text.matchAll(words)) {
    if (identifier.length > maxIdentifierCharacters) continue;
    const parts = splitIdentifier(identifier);
    if (parts.length > 1) found.add(parts.join(" "));
  }
  for (const [run] of text.matchAll(unspaced)) for (const pair of toPairs(run)) found.add(pair);
  return [...found].join(" ");
}

/** `日本語` as `日本`, `本語`; a single sign comes back as it is. */
export function toPairs(run: string): readonly string[] {
  const signs = [...run];
  if (signs.length < 3) return [run];
  return signs.slice(1).map((sign, index) => `${signs[index]}${sign}`);
}

/** Whether a word is of scripts that put no space between words. */
export function isUnspaced(word: string): boolean {
  return word.replace(unspaced, "") === "";
}
