import { isUnspaced, isWordUnit } from "hearth-sdk";
import { NumberReader } from "./number-reader";
import { isApostrophe, isDigit, isNegation, isWord, numeralOf, unitAt } from "./words";

const contentUnits = 4;

/** Content words, sentences and numbers of texts, in one pass over each. */
export class Scan {
  /** Of all three the first `count` are in use. Nothing is ever freed here, so they have their size from the start. */
  starts: StaticArray<usize>;
  lengths: StaticArray<i32>;
  /** The sentence of each word, in rising order. */
  sentences: StaticArray<i32>;
  count: i32 = 0;
  /** Of each sentence: whether it has an odd count of negations. */
  negated: bool[] = [];
  numbers: f64[] = [];
  /** Of each number whether it is a percentage, and its sentence, in rising order. */
  percents: bool[] = [];
  numberSentences: i32[] = [];
  private hasContent: bool = false;
  private isOdd: bool = false;

  /** `isAnswer`: the numbers of lists are left out, and "one", which is seldom a number. */
  constructor(
    texts: string[],
    private isAnswer: bool,
  ) {
    const lower = texts.map<string>((text) => text.toLowerCase());
    let most = 0;
    let numbers = 0;
    for (let i = 0; i < lower.length; i++) {
      most += mostWords(lower[i]);
      numbers += countDigitRuns(lower[i]);
    }
    this.numbers = withRoom<f64>(numbers);
    this.percents = withRoom<bool>(numbers);
    this.numberSentences = withRoom<i32>(numbers);
    this.starts = new StaticArray<usize>(most);
    this.lengths = new StaticArray<i32>(most);
    this.sentences = new StaticArray<i32>(most);
    for (let i = 0; i < lower.length; i++) this.read(lower[i]);
  }

  private read(lower: string): void {
    const start = changetype<usize>(lower);
    const length = lower.length;
    const reader = new NumberReader(start, length);
    let at = 0;
    while (at < length) {
      const unit = unitAt(start, at);
      if (isDigit(unit)) {
        reader.read(at);
        if (!this.isAnswer || !isListNumber(start, length, at, reader.end)) {
          this.addNumber(reader.value, reader.isPercent);
        }
        at = reader.end;
      } else if (isUnspaced(unit)) at = this.addUnspaced(start, length, at);
      else if (isWordUnit(unit)) at = this.addWord(start, length, at);
      else {
        if (endsSentence(start, length, at)) this.endSentence();
        at++;
      }
    }
    this.endSentence();
  }

  private addNumber(value: f64, isPercent: bool): void {
    this.numbers.push(value);
    this.percents.push(isPercent);
    this.numberSentences.push(this.negated.length);
    this.hasContent = true;
  }

  private addWord(start: usize, length: i32, at: i32): i32 {
    let end = at + 1;
    while (end < length && isWordUnit(unitAt(start, end)) && !isUnspaced(unitAt(start, end))) end++;
    let first = at;
    let last = end;
    while (first < last && isApostrophe(unitAt(start, first))) first++;
    while (last > first && isApostrophe(unitAt(start, last - 1))) last--;
    this.take(start + ((<usize>first) << 1), last - first, start + ((<usize>length) << 1));
    return end;
  }

  private take(start: usize, length: i32, textEnd: usize): void {
    const numeral = length >= 3 && length <= 6 ? numeralOf(start, length) : -1;
    if (numeral > 1 || (numeral >= 0 && !this.isAnswer)) this.addNumber(<f64>numeral, false);
    if (isNegation(start, length)) {
      if (!isMereWord(start, length, textEnd)) this.isOdd = !this.isOdd;
      this.hasContent = true;
    } else if (length >= contentUnits && numeral < 0) this.push(start, length);
  }

  /** Each pair of neighbours is a word. */
  private addUnspaced(start: usize, length: i32, at: i32): i32 {
    while (at + 1 < length && isUnspaced(unitAt(start, at + 1))) {
      this.push(start + ((<usize>at) << 1), 2);
      at++;
    }
    return at + 1;
  }

  private push(start: usize, length: i32): void {
    this.starts[this.count] = start;
    this.lengths[this.count] = length;
    this.sentences[this.count++] = this.negated.length;
    this.hasContent = true;
  }

  private endSentence(): void {
    if (!this.hasContent) return;
    this.negated.push(this.isOdd);
    this.hasContent = false;
    this.isOdd = false;
  }
}

/** At most so many content words are in the text: each takes four units of its own, or begins at a unit of unspaced text. */
function mostWords(text: string): i32 {
  let spaced = 0;
  let unspaced = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = <u32>text.charCodeAt(i);
    if (isUnspaced(unit)) unspaced++;
    else if (isWordUnit(unit)) spaced++;
  }
  return unspaced + spaced / contentUnits;
}

/** Nearly the count of its numbers. */
function countDigitRuns(text: string): i32 {
  let count = 0;
  let isInside = false;
  for (let i = 0; i < text.length; i++) {
    const isHere = isDigit(<u32>text.charCodeAt(i));
    if (isHere && !isInside) count++;
    isInside = isHere;
  }
  return count;
}

/** An empty list that need not grow until it has so many items: what it outgrows is not freed. */
export function withRoom<T>(count: i32): T[] {
  const list = new Array<T>(count);
  list.length = 0;
  return list;
}

/** "No, it is safe" and "not only" deny nothing. */
function isMereWord(start: usize, length: i32, textEnd: usize): bool {
  const end = start + ((<usize>length) << 1);
  if (isWord(start, length, "no")) return end < textEnd && unitAt(end, 0) == 0x2c;
  return isWord(start, length, "not") && end + 10 <= textEnd && isWord(end, 5, " only");
}

/** A full stop within 3.14 or example.org ends nothing. */
function endsSentence(start: usize, length: i32, at: i32): bool {
  const unit = unitAt(start, at);
  if (unit == 0x0a || unit == 0x3002 || unit == 0xff01 || unit == 0xff1f) return true;
  if (unit != 0x2e && unit != 0x21 && unit != 0x3f && unit != 0x061f) return false;
  return at + 1 >= length || !isWordUnit(unitAt(start, at + 1));
}

/** "1." or "2)" at the start of a line. */
function isListNumber(start: usize, length: i32, at: i32, end: i32): bool {
  if (end >= length || (unitAt(start, end) != 0x2e && unitAt(start, end) != 0x29)) return false;
  if (end - at > 3 || (end + 1 < length && unitAt(start, end + 1) > 0x20)) return false;
  while (at > 0 && (unitAt(start, at - 1) == 0x20 || unitAt(start, at - 1) == 0x09)) at--;
  return at == 0 || unitAt(start, at - 1) == 0x0a;
}
