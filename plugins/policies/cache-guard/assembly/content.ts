import { Aim } from "./aim";
import { fillers, functionWords, isListed } from "./lexicon";
import { isBehindVerb, verbAt } from "./phrases";
import { Reading } from "./reading";
import { isAlike } from "./word-forms";

/** Verbs of being and doing, and nouns for anything: they may be left out where nothing stands in their place. */
const light: string =
  " make makes made making do does doing done use uses used using have has having get gets getting put puts go goes going " +
  "work works let lets letting happen happens lie lies stand stands last lasts life stay stays live lives travel travels say " +
  "form formed play played exist exists treat treated handle deal thing things kind type food foods time times number value loaf piece city " +
  "person visit visits " +
  "write writes writing written calculate calculated allowed possible best good well right better ";
/** Words that begin a question in the same way. */
const opening = 2;

/**
 * Why two questions of one aim are about different things, or "". Of what they are about every word must be found in both
 * where they begin alike or differ at one place alone: so do questions that swap or add one thing. Where they are built
 * otherwise, most words must be found.
 */
export function compareContent(asked: Reading, askedAim: Aim, stored: Reading, storedAim: Aim): string {
  const names = asked.names.values().concat(stored.names.values());
  const first = contentOf(asked, askedAim);
  const second = contentOf(stored, storedAim);
  const added = missingFrom(second, first, names);
  const lost = missingFrom(first, second, names);
  const addedMost = withoutLight(added, askedAim);
  const lostMost = withoutLight(lost, storedAim);
  const isAlikeBegun = beginAlike(asked.words, stored.words);
  // "How long does it last" and "what is its life span" have each a word of their own that says no more than the form.
  const isFormed = !isAlikeBegun && (askedAim.kind != storedAim.kind || askedAim.kind.startsWith("how "));
  const isLight = addedMost.length + lostMost.length == 0;
  if (isLight && (isFormed || added.length == 0 || lost.length == 0)) return "";
  if (added.length == 0 || lost.length == 0) {
    return `"${added.length > 0 ? added[0] : lost[0]}" stands in one question alone`;
  }
  const saidFirst = withoutLight(first, askedAim).length;
  const saidSecond = withoutLight(second, storedAim).length;
  const found = min(saidFirst - addedMost.length, saidSecond - lostMost.length);
  const isOther = (added.length == 1 && lost.length == 1) || found * 2 <= min(saidFirst, saidSecond);
  if (!isOther && !isAlikeBegun && !isOnePlace(first, second)) return "";
  return `"${added[0]}" stands in the place of "${lost[0]}"`;
}

function contentOf(reading: Reading, aim: Aim): string[] {
  const content: string[] = [];
  for (let i = 0; i < reading.words.length; i++) {
    if (!reading.isContent[i] || aim.used.has(i) || isBehindVerb(reading.words, i)) continue;
    const word = verbAt(reading.words, i);
    if (!isListed(functionWords, word) && !isListed(fillers, word)) content.push(word);
  }
  return content;
}

/** The words of `wanted` that `words` has in no form. Names were compared before. */
function missingFrom(words: string[], wanted: string[], names: string[]): string[] {
  const known = new Set<string>();
  for (let i = 0; i < words.length; i++) known.add(words[i]);
  const missing: string[] = [];
  for (let i = 0; i < wanted.length; i++) {
    if (!known.has(wanted[i]) && !names.includes(wanted[i]) && !hasAlike(words, wanted[i]))
      missing.push(wanted[i]);
  }
  return missing;
}

function hasAlike(words: string[], word: string): bool {
  for (let i = 0; i < words.length; i++) if (isAlike(words[i], word)) return true;
  return false;
}

function withoutLight(words: string[], aim: Aim): string[] {
  const kept: string[] = [];
  for (let i = 0; i < words.length; i++) {
    if (words[i] != aim.spare && !isListed(light, words[i])) kept.push(words[i]);
  }
  return kept;
}

function beginAlike(asked: string[], stored: string[]): bool {
  for (let i = 0; i < opening; i++) {
    if (i >= asked.length || i >= stored.length || asked[i] != stored[i]) return false;
  }
  return true;
}

/** Whether the words before and behind one group fit: "renew a passport" and "renew a driving licence". */
function isOnePlace(first: string[], second: string[]): bool {
  const shorter = min(first.length, second.length);
  let before = 0;
  while (before < shorter && isAlike(first[before], second[before])) before++;
  let behind = 0;
  while (
    behind < shorter - before &&
    isAlike(first[first.length - 1 - behind], second[second.length - 1 - behind])
  )
    behind++;
  return before + behind >= shorter - 1 && before > 0;
}
