import { auxiliaries } from "./aim-words";
import { functionWords, isListed } from "./lexicon";
import { isAlike, isInflected } from "./word-forms";

/** Words behind which it matters what stands there: from here to there, this before that, one more than another. */
const directions: StaticArray<string> = [
  "from",
  "to",
  "into",
  "than",
  "before",
  "after",
  "with",
  "over",
  "against",
];
/** Words of what stands behind one of them. */
const maxWords = 3;

/** Why something stands behind such a word in one question and before it, or another does what is done, or "". */
export function compareRoles(asked: string[], stored: string[]): string {
  if (isTurned(asked, stored) || isTurned(stored, asked))
    return "who does it in one question has it done in the other";
  for (let i = 0; i < directions.length; i++) {
    const word = directions[i];
    const first = behind(asked, word);
    const second = behind(stored, word);
    if (first.length == 0 || second.length == 0 || hasCommon(first, second)) continue;
    if (hasCommon(first, stored) || hasCommon(second, asked)) {
      return `"${word} ${first[0]}" and "${word} ${second[0]}" are different`;
    }
  }
  return "";
}

/** "Who did she call" and "who called her": whether the one who is asked for does it or has it done. */
function isTurned(asked: string[], stored: string[]): bool {
  if (asked.length < 3 || stored.length < 3 || (asked[0] == "what") != (stored[0] == "what")) return false;
  if (
    !isListed(" who whom what ", asked[0]) ||
    !isListed(" who what ", stored[0]) ||
    !isListed(" do does did ", asked[1])
  )
    return false;
  if (isListed(auxiliaries, stored[1])) return false;
  for (let i = 3; i < asked.length; i++) if (isInflected(asked[i], stored[1])) return true;
  return false;
}

/** What stands behind a word, wherever it stands, up to the next of its kind. */
function behind(words: string[], word: string): string[] {
  const found: string[] = [];
  for (let i = 0; i < words.length; i++) {
    if (words[i] != word) continue;
    let taken = 0;
    for (let at = i + 1; at < words.length && taken < maxWords && !directions.includes(words[at]); at++) {
      if (isListed(functionWords, words[at])) continue;
      found.push(words[at]);
      taken++;
    }
  }
  return found;
}

function hasCommon(some: string[], others: string[]): bool {
  for (let i = 0; i < some.length; i++)
    for (let j = 0; j < others.length; j++) if (isAlike(some[i], others[j])) return true;
  return false;
}
