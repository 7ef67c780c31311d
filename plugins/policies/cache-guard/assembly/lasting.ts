import { isListed } from "./lexicon";

const passing: string =
  " now today tonight tomorrow yesterday currently latest newest nowadays lately recently recent weather forecast news " +
  "headlines breaking upcoming ";
const periods: string = " week weekend month year morning afternoon evening night season moment ";
const personal: string = " my mine myself ours meine mein mon ma mes ";
/** What is somebody's own for what it says, not for what kind of thing it is. */
const own: string =
  " name birthday age address email number phone account order orders invoice password balance salary contract calendar " +
  "appointment appointments meeting meetings schedule inbox message messages mail notes file files team boss manager wife " +
  "husband mother father brother sister son daughter friend application case booking reservation ";
const flows: string = " electric electrical alternating direct ocean air eddy ";
/** Behind "what time": "what time of the year", "which time zone". */
const lasting: string = " of zone zones signature ";
const times: string = " time date day year ";

/** Why the answer to a question is right for one person or one time alone, or "". */
export function whyNotLasting(query: string): string {
  const words = split(query);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    const before = i > 0 ? words[i - 1] : "";
    const next = i + 1 < words.length ? words[i + 1] : "";
    if (isPassing(word, before, next, i + 2 < words.length ? words[i + 2] : ""))
      return `the question is about a time that passes: "${word}"`;
    if (word == "my" && isGeneral(words, next)) continue;
    if (isPersonal(word, before, next)) return "the question is about who asks it";
  }
  return query.includes("@") && hasAddress(query) ? "the question has an address of a person in it" : "";
}

function isPassing(word: string, before: string, next: string, after: string): bool {
  if (isListed(passing, word)) return true;
  if (word == "current") return !isListed(flows, before);
  if (word == "this" || word == "last" || word == "next") return isListed(periods, next);
  if (word == "what" || word == "which") return next == "time" && !isListed(lasting, after);
  if (word == "time" && next == "is") return true;
  if (word == "is" && next == "it") return before != "" && isListed(times, before);
  if (word == "right") return next == "now";
  if (word == "stock" || word == "share") return next == "price" || next == "prices";
  return (word == "exchange" && (next == "rate" || next == "rates")) || (word == "so" && next == "far");
}

/** "How do I clean my oven" and "why is my tap dripping" have one answer for everybody; "what is my name" has not. */
function isGeneral(words: string[], thing: string): bool {
  if (words.length < 4 || isListed(own, thing)) return false;
  if (words[0] == "why" || (words[0] == "what" && words.includes("way"))) return true;
  const isAdvice = isListed(" can could should do to ", words[1]) && (words[1] == "to" || words[2] == "i");
  return isAdvice && isListed(" how what where which ", words[0]) && !(words[1] == "do" && words[0] != "how");
}

function isPersonal(word: string, before: string, next: string): bool {
  if (isListed(personal, word)) return true;
  if (word == "am") return next == "i";
  if (word == "i") return before == "did" || next == "told" || next == "said" || next == "asked";
  return (word == "about" || word == "know") && next == "me";
}

/** Something before and a point somewhere behind an @, without a space. */
function hasAddress(text: string): bool {
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    if (at == 0 || text.charCodeAt(at - 1) <= 0x20) continue;
    for (let i = at + 1; i < text.length && text.charCodeAt(i) > 0x20 && i < at + 250; i++) {
      if (text.charCodeAt(i) == 0x2e) return true;
    }
  }
  return false;
}

/** Lower-case words; what is neither a letter nor a digit parts them. */
function split(text: string): string[] {
  const lower = text.toLowerCase().replaceAll("’", "'");
  const words: string[] = [];
  let start = 0;
  for (let i = 0; i <= lower.length; i++) {
    const unit = i < lower.length ? lower.charCodeAt(i) : 0x20;
    if (unit >= 0x80 || (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39)) continue;
    if (i > start) words.push(lower.substring(start, i));
    start = i + 1;
  }
  return words;
}
