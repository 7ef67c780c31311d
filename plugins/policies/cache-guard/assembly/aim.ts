import {
  auxiliaries,
  causeNouns,
  countedUnits,
  keepers,
  makers,
  mannerLeads,
  mannerNouns,
  mannerTools,
  meaningNouns,
  measures,
  personNouns,
  placeNouns,
  praise,
  prepositions,
  purposeNouns,
  tellers,
  timeNouns,
} from "./aim-words";
import { articles, isListed, questionWords } from "./lexicon";

/** What kind of answer a question wants: the manner, the cause, the time, a number, a yes or no … */
export class Aim {
  /** Places of the words that say so: they are no part of what the question is about. */
  used: Set<i32> = new Set<i32>();
  /** A word that names the kind of thing that is asked for, and may be left out: "which city is the capital". */
  spare: string = "";
  constructor(public kind: string) {}

  take(at: i32): Aim {
    this.used.add(at);
    return this;
  }
}

export function readAim(words: string[]): Aim {
  const start = skipPolite(words);
  const first = wordAt(words, start);
  const isTold = isListed(tellers, first);
  const aim = readFrom(words, start, first, isTold);
  for (let i = 0; i < start || (isTold && i == start); i++) aim.take(i);
  return aim;
}

function readFrom(words: string[], start: i32, first: string, isTold: bool): Aim {
  const at = findQuestion(words, start, isTold);
  if (at > start && !isTold && isListed(auxiliaries, first)) return new Aim("yes or no");
  if (at < 0) {
    if (isListed(auxiliaries, first)) return new Aim("yes or no");
    return isTold ? readTold(words, start) : new Aim("telling");
  }
  const word = words[at];
  if (word == "how") return readHow(words, at, isTold);
  if (word == "why") return new Aim("cause").take(at);
  if (word == "when") return readWhen(words, at);
  if (word == "where") return new Aim("place").take(at);
  if (word != "what" && word != "which") return new Aim("person").take(at);
  const aim = readWhat(words, at).take(at);
  if (isTold && (aim.kind == "definition" || aim.kind == "purpose")) aim.kind = "telling";
  return aim;
}

/** Whether one answer may be to both kinds; which of two questions is which says nothing. */
export function isSameAim(one: string, other: string): bool {
  return one == other || admits(one, other) || admits(other, one);
}

function admits(one: string, other: string): bool {
  if (one == "telling") return isListed(" definition purpose manner making thing likeness ", other);
  if (one == "likeness") return other == "manner";
  if (one == "thing") return isListed(" definition manner making ", other);
  return one == "making" && (other == "manner" || other == "cause");
}

/** "Can you please …" before what is to be told. */
function skipPolite(words: string[]): i32 {
  let at = 0;
  while (isListed(" please hello hi hey thanks ok okay so and ", wordAt(words, at))) at++;
  const isAsked = isListed(" can could would will ", wordAt(words, at)) && wordAt(words, at + 1) == "you";
  if (!isAsked) return at;
  const next = wordAt(words, at + 2) == "please" ? at + 3 : at + 2;
  return isListed(tellers, wordAt(words, next)) ? next : at;
}

/** The place of the word that asks, or -1; "who" within a clause of a command asks nothing. */
function findQuestion(words: string[], start: i32, isTold: bool): i32 {
  const isOpen = isTold || isListed(prepositions, wordAt(words, start));
  for (let at = start; at < words.length; at++) {
    const word = words[at];
    if (word == "how" || word == "what" || word == "why") return at;
    if (word != "which" && !isListed(questionWords, word)) continue;
    if (at == start || isOpen || isListed(prepositions, words[at - 1])) return at;
  }
  return -1;
}

/** "When", and "when is the best time to". */
function readWhen(words: string[], at: i32): Aim {
  const aim = new Aim("time").take(at);
  for (let i = at + 1; i < min(at + 6, words.length); i++) {
    if (!isListed(timeNouns, words[i])) continue;
    for (let j = at + 1; j <= i; j++) aim.take(j);
  }
  return aim;
}

function readHow(words: string[], at: i32, isTold: bool): Aim {
  const next = wordAt(words, at + 1);
  const defined = words.indexOf("defined", at);
  if (defined > 0) return new Aim("definition").take(at).take(defined);
  if (next == "" || isListed(mannerLeads, next)) return new Aim("manner").take(at);
  if (next == "come") return new Aim("cause").take(at).take(at + 1);
  const isValue = next == "much" && isListed(" is are ", wordAt(words, at + 2));
  if (isValue) return new Aim("thing").take(at).take(at + 1);
  const measure = measureOf(next);
  // "Explain how garbage collection works": what stands behind "how" is what works.
  if (measure == "" && isTold) return new Aim("manner").take(at);
  const aim = new Aim("how " + (measure == "" ? next : measure)).take(at).take(at + 1);
  const unit = wordAt(words, at + 2);
  return isListed(countedUnits, unit) ? spare(aim, unit) : aim;
}

function readTold(words: string[], start: i32): Aim {
  let at = start + 1;
  while (isListed(" me us a an the some ", wordAt(words, at))) at++;
  const noun = wordAt(words, at);
  if (isListed(mannerNouns, noun)) return new Aim("manner").take(at);
  if (isListed(causeNouns, noun)) return new Aim("cause").take(at);
  const aim = new Aim("telling");
  return isListed(meaningNouns, noun) ? aim.take(at) : aim;
}

/** "What" and "which": the noun behind them tells what is wanted. */
function readWhat(words: string[], at: i32): Aim {
  const isWithin = at > 0 && isListed(" in at on to from during under ", words[at - 1]);
  let from = at + 1;
  const isNamed = isListed(" is are was were ", wordAt(words, from));
  if (isNamed) from++;
  if (wordAt(words, from) == "it" && wordAt(words, from + 1) == "that") from += 2;
  if (isListed(articles, wordAt(words, from))) from++;
  let noun = from;
  while (isListed(praise, wordAt(words, noun))) noun++;
  const aim = readNoun(words, at, noun, isWithin);
  if (aim == null) return readShape(words, at, from, isNamed);
  for (let i = from; i < noun; i++) aim.take(i);
  return aim;
}

function readNoun(words: string[], at: i32, noun: i32, isWithin: bool): Aim | null {
  const word = wordAt(words, noun);
  const next = wordAt(words, noun + 1);
  const isTime = isListed(timeNouns, word) && (isWithin || next != "zone");
  if (isWithin && (word == "case" || word == "cases")) return new Aim("time").take(noun);
  if (isWithin && word == "way") return new Aim("manner").take(noun);
  if (isTime) return readTime(words, noun);
  if (isWithin && isListed(placeNouns, word)) return new Aim("place").take(noun);
  if (isListed(makers, word)) return new Aim("making").take(noun);
  if (isListed(keepers, word)) return spare(new Aim("making"), word);
  if (isListed(causeNouns, word)) return new Aim("cause").take(noun);
  const isKind = noun == at + 1 && isListed(" is are was were ", wordAt(words, noun + 1));
  if (isKind && isListed(articles, wordAt(words, noun + 2))) return spare(new Aim("thing"), word);
  const head = headOf(words, noun);
  const name = wordAt(words, head);
  const behind = wordAt(words, head + 1);
  const isOf = isListed(" of for to that behind between from ", behind);
  if (behind == "of" && isListed(purposeNouns, name)) return new Aim("purpose").take(head);
  if (isOf && isListed(mannerNouns, name)) return new Aim("manner").take(head);
  if (isOf && isListed(causeNouns, name)) return new Aim("cause").take(head);
  if (isOf && name == "time" && head > noun) return new Aim("how long").take(head);
  const measure = measureOf(name);
  if (measure != "" && head == noun && isListed(auxiliaries, behind))
    return new Aim("how " + measure).take(head);
  if (isOf && measure != "") return new Aim("how " + measure).take(head);
  if (isOf && isListed(meaningNouns, name)) return new Aim("definition").take(head);
  for (let i = noun; i < min(noun + 3, words.length) && noun == at + 1; i++)
    if (isListed(mannerTools, words[i])) return new Aim("manner").take(i);
  return noun == at + 1 && isListed(personNouns, word) ? new Aim("person").take(noun) : null;
}

function spare(aim: Aim, word: string): Aim {
  aim.spare = word;
  return aim;
}

/** "What year", and "what time of the year". */
function readTime(words: string[], noun: i32): Aim {
  const aim = new Aim("time").take(noun);
  const isWithin = wordAt(words, noun + 1) == "of" && wordAt(words, noun + 2) == "the";
  return isWithin && isListed(timeNouns, wordAt(words, noun + 3)) ? aim.take(noun + 3) : aim;
}

/** What the whole sentence asks where no noun says it. */
function readShape(words: string[], at: i32, from: i32, isNamed: bool): Aim {
  const last = words[words.length - 1];
  const next = wordAt(words, at + 1);
  const isDone = wordAt(words, at + 3) == "done" && wordAt(words, at + 2) == "be";
  const isAdvice = isListed(" can could should ", next) && (wordAt(words, at + 3) == "do" || isDone);
  const isDuty =
    next == "do" && isListed(" have need ", wordAt(words, at + 3)) && wordAt(words, at + 5) == "do";
  if (isAdvice) return new Aim("manner").take(at + 3);
  if (isDuty) return new Aim("manner").take(at + 3).take(at + 5);
  const isDoing = isListed(" does do did ", next) && last == "do";
  if (isDoing || (last == "for" && isNamed)) return new Aim("purpose").take(words.length - 1);
  if (last == "mean" || last == "means" || next == "mean") {
    const aim = new Aim("definition").take(last.startsWith("mean") ? words.length - 1 : at + 1);
    for (let i = at; i < words.length; i++) if (isListed(meaningNouns, words[i])) aim.take(i);
    return aim;
  }
  if (last == "like") return new Aim("likeness").take(words.length - 1);
  if (last == "does" || last == "do") return new Aim("purpose").take(words.length - 1);
  const isClause = isListed(" is are was were ", last);
  if (!isNamed && !isClause) return new Aim("thing");
  for (let i = from; i < words.length; i++) if (isListed(prepositions, words[i])) return new Aim("thing");
  return new Aim("definition");
}

/** The last word of a group before a preposition or a verb, at most four words on; else the first. */
function headOf(words: string[], from: i32): i32 {
  for (let at = from; at < min(from + 4, words.length - 1); at++) {
    if (isListed(auxiliaries, words[at])) return from;
    if (isListed(prepositions, words[at + 1])) return at;
  }
  return from;
}

function measureOf(word: string): string {
  for (let i = 0; i < measures.length; i++) {
    if (isListed(measures[i], word)) return measures[i].substring(1, measures[i].indexOf(" ", 1));
  }
  return "";
}

function wordAt(words: string[], at: i32): string {
  return at < words.length ? words[at] : "";
}
