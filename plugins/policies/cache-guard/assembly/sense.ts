import { isListed } from "./lexicon";

const possible: string = " can could may might possible allowed able permitted legal ";
const necessary: string = " must need needs needed necessary required require requires obliged ";
const advised: string = " should ought ";
/** Aims that ask how to do a thing: "how do I", "how can I" and "how should I" are one question. */
const doings: string = " manner making telling cause definition ";

const past: string = " did didn't was were wasn't weren't had ";
const present: string = " is are am do does has isn't aren't don't doesn't ";
const future: string = " will won't shall ";

/** Of how much of something is said; each list is one answer. */
const shares: StaticArray<string> = [
  " all every everything everyone entire whole ",
  " most mostly majority ",
  " only solely exclusively ",
  " both ",
  " half ",
  " few several ",
  " least ",
  " always ",
  " sometimes ",
  " almost nearly ",
  " other another ",
];

/** Behind "each" and "every", how often; "every day" is no share of the days. */
const periods: string = " second minute hour day week month year time night morning evening ";

/** Why two questions of one aim ask about something else in time, duty or share, or "". */
export function compareSense(asked: string[], stored: string[], aim: string): string {
  if (isTimed(asked, future) != isTimed(stored, future)) return "one question is about the future";
  const wasAsked = isTimed(asked, past) && !isTimed(asked, present);
  const wasStored = isTimed(stored, past) && !isTimed(stored, present);
  const isAsked = isTimed(asked, present) && !isTimed(asked, past);
  const isStored = isTimed(stored, present) && !isTimed(stored, past);
  if ((wasAsked && isStored) || (isAsked && wasStored)) return "one question is about the past";
  if (isGuess(asked) != isGuess(stored)) return "one question is about what may have been";
  if (!isListed(doings, aim)) {
    const first = dutyOf(asked);
    const second = dutyOf(stored);
    const isAdvice = isListed(" should must ", first) && isListed(" should must ", second);
    const isOpen = aim != "yes or no" && (first == "" || second == "" || isAdvice);
    if (first != second && !isOpen)
      return "one is about what may be, should be or must be, and the other is not";
  }
  for (let i = 0; i < shares.length; i++) {
    if (hasShare(asked, shares[i]) != hasShare(stored, shares[i]))
      return `"${shares[i].trim()}" stand in one alone`;
  }
  return "";
}

function isTimed(words: string[], tense: string): bool {
  for (let i = 0; i < words.length; i++)
    if (isListed(tense, words[i]) || (tense == future && words[i].endsWith("'ll"))) return true;
  return false;
}

/** "Could … have": not what was, but what may have been. */
function isGuess(words: string[]): bool {
  for (let i = 0; i < words.length; i++) {
    if (!isListed(" could might may ", words[i])) continue;
    for (let j = i + 1; j < min(i + 6, words.length - 1); j++)
      if (words[j] == "have" && !isListed(" a an the to some any ", words[j + 1])) return true;
  }
  return false;
}

function dutyOf(words: string[]): string {
  for (let i = 0; i < words.length; i++) {
    const isBound = i + 1 < words.length && words[i + 1] == "to" && isListed(" have has ", words[i]);
    if (isBound || isListed(necessary, words[i])) return "must";
    if (isListed(advised, words[i])) return "should";
    if (isListed(possible, words[i])) return "may";
  }
  return "";
}

function hasShare(words: string[], share: string): bool {
  for (let i = 0; i < words.length; i++) {
    if (!isListed(share, words[i])) continue;
    if (i + 1 == words.length || words[i] != "every" || !isListed(periods, words[i + 1])) return true;
  }
  return false;
}
