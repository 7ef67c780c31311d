import { CacheServeInput, CacheServeOutput } from "hearth-sdk";
import { isSameAim, readAim } from "./aim";
import { compareContent } from "./content";
import { isRead } from "./language";
import { whyNotLasting } from "./lasting";
import { articles, functionWords, isListed, negativePrefixes, opposites, slots, verbLeads } from "./lexicon";
import { Reading } from "./reading";
import { compareRoles } from "./roles";
import { compareSense } from "./sense";
import { isAlike, isOfName } from "./word-forms";

/** Longer questions are the same only letter by letter. */
export const maxUnits = 10_000;
/** Of what is read word by word, and each word compared with each of the other question. */
const maxRead = 1_500;
const maxWords = 120;

/** Refuses what it cannot compare: asking the model once too often costs time, the answer to another question costs trust. */
export function serve(input: CacheServeInput): CacheServeOutput {
  const output = new CacheServeOutput();
  output.reason = whyNot(input.query, input.cachedQuery);
  output.serve = output.reason == "";
  return output;
}

function whyNot(asked: string, stored: string): string {
  const blank = asked.trim() == "";
  if (blank) return "the question is blank";
  if (asked.length > maxUnits || stored.length > maxUnits)
    return asked == stored ? "" : "too long to be compared";
  const passing = whyNotLasting(asked);
  if (passing != "") return passing;
  const wasPassing = whyNotLasting(stored);
  if (wasPassing != "") return wasPassing;
  if (isSame(fold(asked), fold(stored))) return "";
  if (isUnspaced(asked) || isUnspaced(stored)) return "the words of this script cannot be told apart";
  if (max(asked.length, stored.length) > maxRead) return "too long to be compared";
  const first = new Reading(asked);
  const second = new Reading(stored);
  if (max(first.words.length, second.words.length) > maxWords) return "too many words to be compared";
  if (!isRead(first.words) || !isRead(second.words))
    return "the language is not known well enough to compare";
  return compare(first, second);
}

function compare(asked: Reading, stored: Reading): string {
  if (!isSame(asked.numbers, stored.numbers) && !isSame(withoutOnes(asked), withoutOnes(stored))) {
    return `numbers differ: ${list(asked.numbers)} and ${list(stored.numbers)}`;
  }
  if (!isSame(asked.signs, stored.signs)) return "signs of arithmetic differ";
  if (((asked.negations ^ stored.negations) & 1) != 0) return "one question is negated, the other is not";
  if (!isSame(asked.quotes, stored.quotes)) return "quoted texts differ";
  const havePictures = asked.pictures.length > 0 && stored.pictures.length > 0;
  if (havePictures && !isSame(asked.pictures, stored.pictures)) return "emoji differ";
  const names = compareNames(asked, stored);
  if (names != "") return names;
  const opposed = compareOpposites(asked.words, stored.words);
  if (opposed != "") return opposed;
  const askedAim = readAim(asked.words);
  const storedAim = readAim(stored.words);
  if (!isSameAim(askedAim.kind, storedAim.kind))
    return `one asks for ${askedAim.kind}, the other for ${storedAim.kind}`;
  const sense = compareSense(asked.words, stored.words, askedAim.kind);
  if (sense != "") return sense;
  const roles = compareRoles(asked.words, stored.words);
  if (roles != "") return roles;
  const replaced = compareContent(asked, askedAim, stored, storedAim);
  return replaced != "" ? replaced : compareSlots(asked.words, stored.words);
}

/** "A line" is "one line"; "two lines" are more. */
function withoutOnes(reading: Reading): string[] {
  const kept: string[] = [];
  for (let i = 0; i < reading.numbers.length; i++)
    if (!reading.ones.includes(i)) kept.push(reading.numbers[i]);
  return kept;
}

/** A name of one must be a word of the other, in any case, and names must stand in the same order. */
function compareNames(asked: Reading, stored: Reading): string {
  const names = asked.names.values().concat(stored.names.values());
  const all = new Set<string>();
  for (let i = 0; i < names.length; i++) all.add(names[i]);
  const first = namesIn(asked.words, all);
  const second = namesIn(stored.words, all);
  if (isSameNames(first, second)) return "";
  return `names differ: ${list(first)} and ${list(second)}`;
}

function isSameNames(first: string[], second: string[]): bool {
  if (first.length != second.length) return false;
  for (let i = 0; i < first.length; i++)
    if (first[i] != second[i] && !isOfName(first[i], second[i])) return false;
  return true;
}

function namesIn(words: string[], names: Set<string>): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  for (let i = 0; i < words.length; i++) {
    if (!names.has(words[i]) || seen.has(words[i])) continue;
    seen.add(words[i]);
    found.push(words[i]);
  }
  return found;
}

function compareOpposites(asked: string[], stored: string[]): string {
  for (let i = 0; i < opposites.length; i += 2) {
    const one = opposites[i];
    const other = opposites[i + 1];
    if (isOpposed(asked, stored, one, other) || isOpposed(stored, asked, one, other)) {
      return `"${one}…" stands in one question and "${other}…" in the other`;
    }
  }
  return comparePrefixes(asked, stored) || comparePrefixes(stored, asked)
    ? "a word is negated by its prefix"
    : "";
}

function isOpposed(left: string[], right: string[], one: string, other: string): bool {
  return hasForm(left, one) && !hasForm(left, other) && hasForm(right, other) && !hasForm(right, one);
}

function hasForm(words: string[], stem: string): bool {
  for (let i = 0; i < words.length; i++) {
    if (words[i].startsWith(stem) && words[i].length <= stem.length + 3) return true;
  }
  return false;
}

/** "safe" in one and "unsafe" in the other. */
function comparePrefixes(left: string[], right: string[]): bool {
  const known = new Set<string>();
  const own = new Set<string>();
  for (let i = 0; i < right.length; i++) known.add(right[i]);
  for (let i = 0; i < left.length; i++) own.add(left[i]);
  for (let i = 0; i < left.length; i++) {
    if (left[i].length < 4 || known.has(left[i])) continue;
    for (let j = 0; j < negativePrefixes.length; j++) {
      const negated = negativePrefixes[j] + left[i];
      if (known.has(negated) && !own.has(negated)) return true;
    }
  }
  return false;
}

/** Questions that fit word for word but where names stand: "capital of france" and "capital of spain". */
function compareSlots(asked: string[], stored: string[]): string {
  if (asked.length != stored.length || asked.length < 2) return "";
  for (let i = 1; i < asked.length; i++) {
    if (isAlike(asked[i], stored[i])) continue;
    if (isListed(functionWords, asked[i]) || isListed(functionWords, stored[i])) continue;
    const at = isListed(articles, asked[i - 1]) ? i - 2 : i - 1;
    if (at < 0 || !isListed(slots, asked[at]) || asked[at] != stored[at]) continue;
    if (asked[at] == "to" && at > 0 && isListed(verbLeads, asked[at - 1])) continue;
    return `"${asked[i]}" stands in the place of "${stored[i]}"`;
  }
  return "";
}

/** Lower-case words by white space, without punctuation at the end. */
function fold(text: string): string[] {
  let end = text.length;
  while (end > 0 && isEnding(text.charCodeAt(end - 1))) end--;
  const words = text.substring(0, end).toLowerCase().split(" ");
  const kept: string[] = [];
  for (let i = 0; i < words.length; i++) if (words[i].trim() != "") kept.push(words[i].trim());
  return kept;
}

function isEnding(unit: i32): bool {
  return unit <= 0x20 || unit == 0x21 || unit == 0x2e || unit == 0x3f || unit == 0x3002 || unit == 0xff1f;
}

// Joining long lists is no way to compare them: this compiler's join copies all that it has for every item.
function isSame<T>(left: T[], right: T[]): bool {
  if (left.length != right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] != right[i]) return false;
  return true;
}

/** Han, kana, Thai, Lao and Khmer are written without spaces between words. */
function isUnspaced(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if ((unit >= 0x3040 && unit <= 0x9fff) || (unit >= 0x0e00 && unit <= 0x0eff)) return true;
    if (unit >= 0x1780 && unit <= 0x17ff) return true;
  }
  return false;
}

function list(texts: string[]): string {
  if (texts.length == 0) return "none";
  const joined = texts.slice(0, 8).join(", ");
  return joined.length <= 200 && texts.length <= 8 ? joined : joined.substring(0, 200) + "…";
}
