import { isListed, negations, numerals, ordinals, starters, units } from "./lexicon";
import { readDigits } from "./number-text";

/** What of a question must be the same in another one for the same answer to be right. */
export class Reading {
  /** In lower case, without 's. */
  words: string[] = [];
  /** Of each word: whether it is no numeral, no unit of a number and no negation. */
  isContent: bool[] = [];
  /** Words that are names by their capitals or digits, in lower case. */
  names: Set<string> = new Set<string>();
  /** Each with its unit, in their order. */
  numbers: string[] = [];
  /** Places among them of the word "one", which may be an article or stand for a noun. */
  ones: i32[] = [];
  /** Signs of arithmetic beside numbers, in their order. */
  signs: i32[] = [];
  quotes: string[] = [];
  /** Units of emoji and other pictures. */
  pictures: i32[] = [];
  negations: i32 = 0;

  private isStart: bool = true;
  private isShouted: bool = false;
  private isBehindNumber: bool = false;
  private quoteEnd: i32 = -1;

  constructor(private text: string) {
    this.isShouted = text.toUpperCase() == text && text.includes(" ");
    let at = 0;
    while (at < text.length) at = this.readAt(at);
  }

  /** Gives the place behind what was read. */
  private readAt(at: i32): i32 {
    const unit = this.text.charCodeAt(at);
    if (isDigit(unit)) return this.readNumber(at);
    if (isLetter(unit)) return this.readWord(at);
    const quote = closingOf(unit);
    if (quote != 0 && at != this.quoteEnd) return this.readQuote(at, quote);
    if (isPicture(unit)) this.pictures.push(unit);
    if (isSign(unit) && (this.hasDigit(at, -1) || this.hasDigit(at, 1))) {
      this.signs.push(unit == 0x2212 ? 0x2d : unit == 0xd7 ? 0x2a : unit);
    }
    if (unit == 0x2e || unit == 0x21 || unit == 0x3f || unit == 0x3a || unit == 0x0a) this.isStart = true;
    return at + 1;
  }

  private readNumber(at: i32): i32 {
    const digits = readDigits(this.text, at);
    const end = at + digits.length;
    let last = end;
    while (last < this.text.length && isLetter(this.text.charCodeAt(last))) last++;
    let unit = this.text.substring(end, last).toLowerCase();
    if (unit == "") unit = this.unitBehind(end);
    if (unit == "" && at > 0) unit = unitOf(this.text.charAt(at - 1));
    this.addNumber(digits.value, unit);
    this.isStart = false;
    this.isBehindNumber = true;
    return last;
  }

  private addNumber(value: string, unit: string): void {
    const name = unitOf(unit);
    this.numbers.push(unit == "" || name == "st" ? value : value + " " + (name == "" ? unit : name));
  }

  /** The unit that stands behind a number as a word or a sign, or "". */
  private unitBehind(at: i32): string {
    const text = this.text;
    while (at < text.length && text.charCodeAt(at) == 0x20) at++;
    if (at < text.length && unitOf(text.charAt(at)) == "%") return "%";
    let end = at;
    while (end < text.length && isLetter(text.charCodeAt(end))) end++;
    return unitOf(text.substring(at, end).toLowerCase());
  }

  private readWord(at: i32): i32 {
    let end = at + 1;
    while (end < this.text.length && isInWord(this.text.charCodeAt(end))) end++;
    const raw = this.text.substring(at, end);
    const word = plain(raw.toLowerCase());
    this.words.push(word);
    const isNegation = isListed(negations, word) || word.endsWith("n't");
    if (isNegation) this.negations++;
    const value = numeralOf(word);
    const isUnit = this.isBehindNumber && unitOf(word) != "";
    this.isContent.push(!isNegation && !isUnit && value < 0);
    this.isBehindNumber = value >= 0;
    if (word == "one") this.ones.push(this.numbers.length);
    if (value >= 0) this.addNumber(value.toString(), this.unitBehind(end));
    else if (this.isName(raw, word)) this.names.add(word);
    this.isStart = false;
    return end;
  }

  private isName(raw: string, word: string): bool {
    if (hasDigit(word)) return true;
    if (this.isShouted || raw.charAt(0).toLowerCase() == raw.charAt(0))
      return hasCapital(raw) && !this.isShouted;
    if (word == "i" || word.startsWith("i'")) return false;
    // "Iterating over a map" is no name.
    if (this.isStart && word.endsWith("ing")) return false;
    const isAcronym = raw.length > 1 && raw.toUpperCase() == raw && !this.isStart;
    return isAcronym || !isListed(starters, word);
  }

  private readQuote(at: i32, closing: i32): i32 {
    const end = this.text.indexOf(String.fromCharCode(closing), at + 1);
    if (end < 0) return at + 1;
    this.quoteEnd = end;
    this.quotes.push(
      this.text
        .substring(at + 1, end)
        .trim()
        .toLowerCase(),
    );
    return at + 1;
  }

  /** Whether the next unit that is no space is a digit. */
  private hasDigit(at: i32, step: i32): bool {
    at += step;
    while (at >= 0 && at < this.text.length && this.text.charCodeAt(at) == 0x20) at += step;
    return at >= 0 && at < this.text.length && isDigit(this.text.charCodeAt(at));
  }
}

/** Of a numeral, or -1. */
function numeralOf(word: string): i32 {
  if (word == "once") return 1;
  if (word == "twice") return 2;
  return max(numerals.indexOf(word), ordinals.indexOf(word));
}

/** The first name of a unit, or "". */
function unitOf(word: string): string {
  if (word == "") return "";
  for (let i = 0; i < units.length; i++) {
    if (isListed(units[i], word)) return units[i].substring(1, units[i].indexOf(" ", 1));
  }
  return "";
}

/** ’ is ', and the s of a genitive is left out. */
function plain(word: string): string {
  word = word.replaceAll("’", "'");
  while (word.endsWith("'")) word = word.substring(0, word.length - 1);
  return word.endsWith("'s") ? word.substring(0, word.length - 2) : word;
}

function hasDigit(word: string): bool {
  for (let i = 0; i < word.length; i++) if (isDigit(word.charCodeAt(i))) return true;
  return false;
}

function hasCapital(word: string): bool {
  for (let i = 1; i < word.length; i++) {
    const unit = word.charCodeAt(i);
    if (unit >= 0x41 && unit <= 0x5a) return true;
  }
  return false;
}

function isDigit(unit: i32): bool {
  return unit >= 0x30 && unit <= 0x39;
}

function isLetter(unit: i32): bool {
  if (unit < 0x80) return (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a);
  if (unit < 0xc0 || unit == 0xd7 || unit == 0xf7) return false;
  return (
    !(unit >= 0x2000 && unit <= 0x2bff) &&
    !(unit >= 0x3000 && unit <= 0x303f) &&
    !(unit >= 0xd800 && unit <= 0xdfff)
  );
}

function isPicture(unit: i32): bool {
  return (unit >= 0xd800 && unit <= 0xdfff) || (unit >= 0x2190 && unit <= 0x2bff);
}

function isInWord(unit: i32): bool {
  return isLetter(unit) || isDigit(unit) || unit == 0x27 || unit == 0x2019 || unit == 0x5f;
}

function isSign(unit: i32): bool {
  if (unit == 0x2b || unit == 0x2d || unit == 0x2a || unit == 0x2f || unit == 0x5e || unit == 0x2212)
    return true;
  return (unit >= 0x3c && unit <= 0x3e) || unit == 0xd7 || unit == 0xf7 || unit == 0x21;
}

/** What ends a quotation that begins so, or 0. */
function closingOf(unit: i32): i32 {
  if (unit == 0x22 || unit == 0x60) return unit;
  if (unit == 0x201c || unit == 0x201e) return 0x201d;
  return unit == 0xab ? 0xbb : 0;
}
