import { isAlike } from "./word-forms";

/** Verbs of two words and what is said in one word for them, three by three. */
const phrases: StaticArray<string> = [
  "go",
  "up",
  "rise",
  "go",
  "down",
  "fall",
  "come",
  "down",
  "fall",
  "bring",
  "down",
  "lower",
  "bring",
  "up",
  "raise",
  "work",
  "out",
  "calculate",
  "find",
  "out",
  "discover",
  "give",
  "up",
  "quit",
  "throw",
  "away",
  "discard",
  "put",
  "off",
  "postpone",
  "carry",
  "out",
  "perform",
  "look",
  "up",
  "find",
  "leave",
  "out",
  "omit",
];
/** "Bring the pressure of it down": so far may the second word stand behind the first. */
const reach = 4;

/** The one word for a verb at a place whose second word stands a little behind it, or the word that is there. */
export function verbAt(words: string[], at: i32): string {
  for (let i = 0; i < phrases.length; i += 3) {
    if (!isAlike(phrases[i], words[at])) continue;
    for (let j = at + 1; j <= min(at + reach, words.length - 1); j++)
      if (words[j] == phrases[i + 1]) return phrases[i + 2];
  }
  return words[at];
}

/** Whether a word is the second one of such a verb. */
export function isBehindVerb(words: string[], at: i32): bool {
  for (let i = 0; i < phrases.length; i += 3) {
    if (phrases[i + 1] != words[at]) continue;
    for (let j = max(0, at - reach); j < at; j++) if (isAlike(phrases[i], words[j])) return true;
  }
  return false;
}
