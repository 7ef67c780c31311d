/** What of a question is looked for in the words of texts. No sign of it has a meaning to FTS5: each term is quoted. */
import { functionWords } from "./function-words.ts";
import { isUnspaced, splitIdentifier, toPairs } from "./identifiers.ts";

export type QueryTerm = {
  /** A quoted FTS5 phrase. */
  readonly phrase: string;
  /** Whether it counts when the share of words is measured that a text holds; compound spellings only help to rank. */
  readonly isWord: boolean;
};

/** Terms that one query looks for; of a longer text the first ones. */
export const maxTerms = 48;
/** Of a question in UTF-16 units; what follows is not looked at. */
export const maxQueryCharacters = 8_192;
/** Words of `a.compound/spelling` that are looked for one after the other too. */
const maxPhraseWords = 8;

const spans = /[\p{L}\p{N}\p{M}]+(?:[_.:/'’-]+[\p{L}\p{N}\p{M}]+)*/gu;
const seams = /[^\p{L}\p{N}\p{M}]+/u;

/** The terms of a text, each once: words, parts of identifiers, compound spellings. Empty where it has no words. */
export function toQueryTerms(text: string): readonly QueryTerm[] {
  const asked = [...text.slice(0, maxQueryCharacters).matchAll(spans)].map(([span]) => span);
  const telling = asked.filter((span) => !functionWords.has(span.toLowerCase().replaceAll("’", "'")));
  const terms = new Map<string, QueryTerm>();
  for (const span of telling.length > 0 ? telling : asked) {
    for (const { text: term, isWord } of listTerms(span)) {
      if (terms.size >= maxTerms) break;
      const phrase = `"${term.toLowerCase()}"`;
      if (!terms.has(phrase)) terms.set(phrase, { phrase, isWord });
    }
  }
  return [...terms.values()];
}

type Term = { readonly text: string; readonly isWord: boolean };

function listTerms(span: string): readonly Term[] {
  const words = span.split(seams).filter((word) => word !== "");
  const terms: Term[] = [];
  for (const word of words) {
    const parts = isUnspaced(word) ? toPairs(word) : splitIdentifier(word);
    if (!isUnspaced(word)) terms.push({ text: word, isWord: true });
    if (parts.length > 1 || isUnspaced(word))
      terms.push(...parts.map((part) => ({ text: part, isWord: true })));
  }
  if (words.length > 1 && words.length <= maxPhraseWords)
    terms.push({ text: words.join(" "), isWord: false });
  return terms;
}
