import { isListed } from "./lexicon";
import { irregular, synonyms } from "./synonyms";

const endings = " s es e d ed ing y ies ied ize ise izing ising ization isation ";
/** Of those who do it and of how it is done or made; short stems with them are other words: "tow" and "tower". */
const longEndings = " er ers or ors en ens ened ening ly ally ment ";
/** Written with "-", so that none is one too. */
const nameEndings = " - n- an- ian- ean- a- ";
const leastStem = 3;
const leastLongStem = 4;

/** What is found out about a word once, for it is compared with many. */
class Kin {
  /** Places of the lists that it stands in. */
  lists: i32[] = [];
  spelled: string;

  constructor(word: string) {
    this.spelled = spelled(word);
    for (let i = 0; i < irregular.length; i++) if (isListed(irregular[i], word)) this.lists.push(i);
    for (let i = 0; i < synonyms.length; i++) {
      if (isListed(synonyms[i], word)) this.lists.push(irregular.length + i);
    }
  }
}

const known = new Map<string, Kin>();

function kinOf(word: string): Kin {
  if (!known.has(word)) known.set(word, new Kin(word));
  return known.get(word);
}

/** The same word in another form or spelling, or another word for the same. */
export function isAlike(left: string, right: string): bool {
  if (left == right || isInflected(left, right)) return true;
  const first = kinOf(left);
  const second = kinOf(right);
  // Words of one meaning in two spellings begin alike.
  const isNear = left.charCodeAt(0) == right.charCodeAt(0);
  if (isNear && isInflected(first.spelled, second.spelled)) return true;
  for (let i = 0; i < first.lists.length; i++) if (second.lists.includes(first.lists[i])) return true;
  return false;
}

/** A country or continent and who or what is of it: Europe and European. */
export function isOfName(left: string, right: string): bool {
  const shorter = min(left.length, right.length);
  let stem = 0;
  while (stem < shorter && left.charCodeAt(stem) == right.charCodeAt(stem)) stem++;
  if (stem < leastLongStem) return false;
  return (
    isListed(nameEndings, left.substring(stem) + "-") && isListed(nameEndings, right.substring(stem) + "-")
  );
}

/** A stem in common, and nothing but endings behind it. */
export function isInflected(left: string, right: string): bool {
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
  if (from == word.length) return true;
  // "dripping" is "drip".
  const isDoubled =
    from >= leastStem && from + 1 < word.length && word.charCodeAt(from) == word.charCodeAt(from - 1);
  const ending = word.substring(isDoubled ? from + 1 : from);
  return isListed(endings, ending) || (from >= leastLongStem && isListed(longEndings, ending));
}

/** British spelling as American: colour, centre, tyre, aeroplane. */
function spelled(word: string): string {
  if (word.startsWith("tyre")) return "tire" + word.substring(4);
  if (word.endsWith("tre") || word.endsWith("bre")) word = word.substring(0, word.length - 2) + "er";
  return word.replaceAll("our", "or").replaceAll("aero", "air");
}
