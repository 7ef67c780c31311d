import { isUnspaced, isWordUnit, Words } from "hearth-sdk";
import { isFunctionWord } from "./function-words";

/** What flaws are looked for in: the words of an answer as numbers, its sentences, and counts of its marks. */
export class Reading {
  /** Words of the answer. */
  count: i32 = 0;
  /** Of each word of the answer its number. */
  numbers: StaticArray<i32> = [];
  distinct: i32 = 0;
  functionCount: i32 = 0;
  /** The count of words before the end of each sentence, in rising order. */
  sentenceEnds: i32[] = [];
  /** Ends of sentences within the text, lines among them. */
  stops: i32 = 0;
  /** Commas, lines, numbers and the like, which lists are made of. */
  separators: i32 = 0;
  /** What code is made of. */
  symbols: i32 = 0;
  asciiLetters: i32 = 0;
  otherUnits: i32 = 0;

  static sizeOf(text: string): i32 {
    let size = text.length;
    for (let i = 0; i < text.length; i++) if (isUnspaced(<u32>text.charCodeAt(i))) size++;
    return size;
  }

  constructor(response: string) {
    const text = response.toLowerCase();
    const words = new Words([text]);
    this.count = words.count;
    this.numbers = words.number();
    this.countWords(words);
    this.readMarks(text, words);
  }

  private countWords(words: Words): void {
    const isSeen = new StaticArray<bool>(this.count);
    for (let i = 0; i < this.count; i++) {
      if (isFunctionWord(words.starts[i], words.lengths[i])) this.functionCount++;
      if (isSeen[this.numbers[i]]) continue;
      isSeen[this.numbers[i]] = true;
      this.distinct++;
    }
  }

  private readMarks(text: string, words: Words): void {
    const start = changetype<usize>(text);
    let word = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = <u32>text.charCodeAt(i);
      while (word < this.count && words.starts[word] < start + ((<usize>i) << 1)) word++;
      this.countUnit(unit);
      const isNext = i + 1 < text.length && isWordUnit(<u32>text.charCodeAt(i + 1));
      if (isLineEnd(unit) || isFullWidthStop(unit) || (isStop(unit) && !isNext)) this.endSentence(word);
    }
    this.endSentence(this.count);
  }

  private countUnit(unit: u32): void {
    if (unit >= 0x61 && unit <= 0x7a) this.asciiLetters++;
    else if (isWordUnit(unit) && (unit >= 0x80 || unit == 0x5f)) this.otherUnits++;
    if (isSeparator(unit)) this.separators++;
    if (isSymbol(unit)) this.symbols++;
  }

  private endSentence(words: i32): void {
    const last = this.sentenceEnds.length == 0 ? 0 : this.sentenceEnds[this.sentenceEnds.length - 1];
    if (words <= last) return;
    this.sentenceEnds.push(words);
    if (words < this.count) this.stops++;
  }
}

function isLineEnd(unit: u32): bool {
  return unit == 0x0a || unit == 0x0d;
}

function isStop(unit: u32): bool {
  return unit == 0x2e || unit == 0x21 || unit == 0x3f || unit == 0x061f || unit == 0x06d4;
}

function isFullWidthStop(unit: u32): bool {
  return unit == 0x3002 || unit == 0xff01 || unit == 0xff1f;
}

function isSeparator(unit: u32): bool {
  if (unit >= 0x30 && unit <= 0x39) return true;
  return unit == 0x2c || unit == 0x3a || unit == 0x3b || unit == 0x7c || unit == 0x2022 || isLineEnd(unit);
}

/** # $ % & ( ) * + / < = > @ [ \ ] ^ _ ` { } ~ */
function isSymbol(unit: u32): bool {
  if (unit >= 0x23 && unit <= 0x2b) return unit != 0x27;
  if (unit >= 0x5b && unit <= 0x60) return true;
  return (
    unit == 0x2f ||
    (unit >= 0x3c && unit <= 0x3e) ||
    unit == 0x40 ||
    unit == 0x7b ||
    unit == 0x7d ||
    unit == 0x7e
  );
}
