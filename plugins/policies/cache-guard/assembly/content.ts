import { fillers, functionWords, isListed, questionWords, synonyms } from "./lexicon";

const endings = " s es e d ed ing y ies ied ize ise izing ising ization isation ";
const leastStem = 3;

/**
 * Why two questions that are nearly the same ask for different things, or "": one word that says something stands in the
 * place of another one, or in one of them alone. Where more words differ, the questions have different forms.
 */
export function compareContent(askedWords: string[], storedWords: string[]): string {
  const asked = contentOf(askedWords);
  const stored = contentOf(storedWords);
  const added = missingFrom(stored, asked);
  const lost = missingFrom(asked, stored);
  if (added.length + lost.length == 1) {
    const word = added.length == 1 ? added[0] : lost[0];
    return `"${word}" stands in one question alone`;
  }
  const isReplaced = added.length == 1 && lost.length == 1;
  if (!isReplaced && !isSameForm(asked, stored, added.length, lost.length)) return "";
  return `"${added[0]}" stands in the place of "${lost[0]}"`;
}

/** Whether all but a few words fit word for word: "how many teeth has a shark" and "how many hearts has an octopus". */
function isSameForm(asked: string[], stored: string[], added: i32, lost: i32): bool {
  if (added == 0 || added != lost || asked.length != stored.length || added * 2 > asked.length) return false;
  let differing = 0;
  for (let i = 0; i < asked.length; i++) {
    if (isAlike(asked[i], stored[i])) continue;
    if (isListed(questionWords, asked[i]) || isListed(questionWords, stored[i])) return false;
    differing++;
  }
  return differing == added;
}

function contentOf(words: string[]): string[] {
  const content: string[] = [];
  for (let i = 0; i < words.length; i++) {
    if (!isListed(functionWords, words[i]) && !isListed(fillers, words[i])) content.push(words[i]);
  }
  return content;
}

/** The words of `wanted` that `words` has in no form. */
function missingFrom(words: string[], wanted: string[]): string[] {
  const known = new Set<string>();
  for (let i = 0; i < words.length; i++) known.add(words[i]);
  const missing: string[] = [];
  for (let i = 0; i < wanted.length && missing.length <= wanted.length / 2; i++) {
    if (!known.has(wanted[i]) && !hasAlike(words, wanted[i])) missing.push(wanted[i]);
  }
  return missing;
}

function hasAlike(words: string[], word: string): bool {
  for (let i = 0; i < words.length; i++) if (isAlike(words[i], word)) return true;
  return false;
}

/** The same word in another form or spelling, or another word for the same. */
export function isAlike(left: string, right: string): bool {
  if (left == right || isInflected(left, right)) return true;
  // Spellings and synonyms are looked for where the first letter or a list can make them equal.
  if (left.charCodeAt(0) == right.charCodeAt(0) && isInflected(spelled(left), spelled(right))) return true;
  for (let i = 0; i < synonyms.length; i++) {
    if (isListed(synonyms[i], left) && isListed(synonyms[i], right)) return true;
  }
  return false;
}

/** A stem in common, and nothing but endings behind it. */
function isInflected(left: string, right: string): bool {
  const shorter = min(left.length, right.length);
  let stem = 0;
  while (stem < shorter && left.charCodeAt(stem) == right.charCodeAt(stem)) stem++;
  if (stem < leastStem) return left == right;
  for (let from = stem; from >= leastStem && from >= stem - 1; from--) {
    if (isEnding(left, from) && isEnding(right, from)) return true;
  }
  return false;
}

function isEnding(word: string, from: i32): bool {
  return from == word.length || isListed(endings, word.substring(from));
}

/** British spelling as American: colour, centre, tyre, aeroplane. */
function spelled(word: string): string {
  if (word.startsWith("tyre")) return "tire" + word.substring(4);
  if (word.endsWith("re")) word = word.substring(0, word.length - 2) + "er";
  return word.replaceAll("our", "or").replaceAll("aero", "air");
}
