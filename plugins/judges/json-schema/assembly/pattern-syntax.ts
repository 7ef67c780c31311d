export const CHAR: i32 = 0;
export const CLASS: i32 = 1;
export const START: i32 = 2;
export const END: i32 = 3;
export const BOUNDARY: i32 = 4;
export const SEQUENCE: i32 = 5;
export const CHOICE: i32 = 6;
export const REPEAT: i32 = 7;

const maxCount = 1000;
const maxRanges = 200;

/** A part of a pattern. */
export class Part {
  children: Part[] = [];
  /** Of a class: first and last code point of each range. */
  ranges: i32[] = [];
  /** Of a class: whether it is what is not in the ranges; of a boundary: whether there must be none. */
  isNegated: bool = false;
  code: i32 = 0;
  least: i32 = 0;
  /** -1: without end. */
  most: i32 = 0;

  constructor(public kind: i32) {}

  hasCode(code: i32): bool {
    for (let i = 0; i < this.ranges.length; i += 2) {
      if (code >= this.ranges[i] && code <= this.ranges[i + 1]) return !this.isNegated;
    }
    return this.isNegated;
  }
}

/**
 * Reads the patterns of ECMAScript that can be matched in linear time: literals, escapes, ., classes, groups, |, * + ? {m,n},
 * ^ $ \b \B. `fault` names what is beyond that: references back, looking around, \p.
 */
export class PatternReader {
  fault: string = "";
  private codes: i32[] = [];
  private at: i32 = 0;
  private depth: i32 = 0;

  constructor(source: string) {
    for (let i = 0; i < source.length; i++) {
      const code = source.codePointAt(i);
      if (code > 0xffff) i++;
      this.codes.push(code);
    }
  }

  read(): Part {
    const part = this.readChoice();
    if (this.at < this.codes.length) this.refuse("a ) without its (");
    return part;
  }

  private refuse(fault: string): void {
    if (this.fault == "") this.fault = fault;
    this.at = this.codes.length;
  }

  private peek(ahead: i32 = 0): i32 {
    return this.at + ahead < this.codes.length ? this.codes[this.at + ahead] : -1;
  }

  private readChoice(): Part {
    const choice = new Part(CHOICE);
    choice.children.push(this.readSequence());
    while (this.peek() == 0x7c) {
      this.at++;
      choice.children.push(this.readSequence());
    }
    return choice;
  }

  private readSequence(): Part {
    const sequence = new Part(SEQUENCE);
    while (this.peek() >= 0 && this.peek() != 0x7c && this.peek() != 0x29) {
      sequence.children.push(this.readRepeat(this.readAtom()));
    }
    return sequence;
  }

  private readRepeat(atom: Part): Part {
    const repeat = new Part(REPEAT);
    repeat.children.push(atom);
    const sign = this.peek();
    repeat.least = sign == 0x2b ? 1 : 0;
    repeat.most = sign == 0x3f ? 1 : -1;
    if (sign == 0x2a || sign == 0x2b || sign == 0x3f) this.at++;
    else if (sign != 0x7b || !this.readCounts(repeat)) return atom;
    if (this.peek() == 0x3f) this.at++;
    return repeat;
  }

  private readCounts(repeat: Part): bool {
    this.at++;
    repeat.least = this.readCount();
    repeat.most = repeat.least;
    if (this.peek() == 0x2c) {
      this.at++;
      repeat.most = this.peek() == 0x7d ? -1 : this.readCount();
    }
    const isRight = this.peek() == 0x7d && repeat.least >= 0;
    if (!isRight || (repeat.most >= 0 && repeat.most < repeat.least)) this.refuse("a { without counts");
    this.at++;
    return true;
  }

  private readCount(): i32 {
    if (!isDigit(this.peek())) return -1;
    let value = 0;
    while (isDigit(this.peek())) {
      value = min(maxCount + 1, value * 10 + this.peek() - 0x30);
      this.at++;
    }
    if (value > maxCount) this.refuse("a count above " + maxCount.toString());
    return value;
  }

  private readAtom(): Part {
    const code = this.peek();
    this.at++;
    if (code == 0x28) return this.readGroup();
    if (code == 0x5b) return this.readClass();
    if (code == 0x5c) return this.readEscape();
    if (code == 0x5e) return new Part(START);
    if (code == 0x24) return new Part(END);
    if (code == 0x2e) return notLineEnd();
    if (code == 0x2a || code == 0x2b || code == 0x3f || code == 0x7b)
      this.refuse("a quantifier without a subject");
    return literal(code);
  }

  private readGroup(): Part {
    if (this.peek() == 0x3f) {
      if (this.peek(1) != 0x3a) this.refuse("groups that begin with (? but (?:");
      this.at += 2;
    }
    if (++this.depth > 50) this.refuse("groups more than 50 deep");
    const part = this.readChoice();
    this.depth--;
    if (this.peek() != 0x29) this.refuse("a ( without its )");
    this.at++;
    return part;
  }

  private readEscape(): Part {
    const code = this.peek();
    if (code == 0x62 || code == 0x42) {
      this.at++;
      const boundary = new Part(BOUNDARY);
      boundary.isNegated = code == 0x42;
      return boundary;
    }
    const part = new Part(CLASS);
    if (this.readSet(part.ranges)) return part;
    return literal(this.readEscapedCode());
  }

  private readClass(): Part {
    const part = new Part(CLASS);
    if (this.peek() == 0x5e) {
      this.at++;
      part.isNegated = true;
    }
    while (this.peek() >= 0 && this.peek() != 0x5d) {
      const first = this.readClassCode(part.ranges);
      if (first < 0) continue;
      let last = first;
      if (this.peek() == 0x2d && this.peek(1) != 0x5d && this.peek(1) >= 0) {
        this.at++;
        last = this.readClassCode(part.ranges);
        if (last < first) this.refuse("a range that ends before it begins");
      }
      part.ranges.push(first);
      part.ranges.push(last);
    }
    if (part.ranges.length > 2 * maxRanges)
      this.refuse("a class of more than " + maxRanges.toString() + " ranges");
    if (this.peek() != 0x5d) this.refuse("a [ without its ]");
    this.at++;
    return part;
  }

  /** -1 where a set such as \d stood there. */
  private readClassCode(ranges: i32[]): i32 {
    const code = this.peek();
    this.at++;
    if (code != 0x5c) return code;
    if (this.peek() == 0x62) {
      this.at++;
      return 0x08;
    }
    return this.readSet(ranges) ? -1 : this.readEscapedCode();
  }

  /** \d \w \s and their opposites, behind the \. */
  private readSet(ranges: i32[]): bool {
    const lower = this.peek() | 0x20;
    if (lower != 0x64 && lower != 0x77 && lower != 0x73) return false;
    const set = lower == 0x64 ? digits : lower == 0x77 ? wordCodes : spaces;
    const isOpposite = this.peek() != lower;
    this.at++;
    let from = 0;
    for (let i = 0; i < set.length; i += 2) {
      ranges.push(isOpposite ? from : set[i]);
      ranges.push(isOpposite ? set[i] - 1 : set[i + 1]);
      from = set[i + 1] + 1;
    }
    if (isOpposite) ranges.push(from);
    if (isOpposite) ranges.push(0x10ffff);
    return true;
  }

  private readEscapedCode(): i32 {
    const code = this.peek();
    this.at++;
    const place = "nrtfv0".indexOf(code >= 0 ? String.fromCodePoint(code) : "?");
    if (place >= 0 && !(code == 0x30 && isDigit(this.peek()))) return controls[place];
    if (code == 0x78) return this.readHex(2);
    if (code == 0x75) return this.readHex(4);
    const isLetter = (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
    if (code < 0) this.refuse("a \\ at its end");
    else if (isLetter) this.refuse("\\" + String.fromCodePoint(code));
    return code;
  }

  private readHex(count: i32): i32 {
    let text = "";
    const isBraced = count == 4 && this.peek() == 0x7b;
    if (isBraced) this.at++;
    const most = isBraced ? 6 : count;
    while (isHex(this.peek()) && text.length < most) {
      text += String.fromCodePoint(this.peek());
      this.at++;
    }
    if (isBraced ? text == "" || this.peek() != 0x7d : text.length < count)
      this.refuse("a \\u or \\x without its digits");
    if (isBraced) this.at++;
    return <i32>parseInt(text == "" ? "0" : text, 16);
  }
}

const digits: StaticArray<i32> = [0x30, 0x39];
const wordCodes: StaticArray<i32> = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
const spaces: StaticArray<i32> = [
  0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f,
  0x205f, 0x3000, 0x3000, 0xfeff, 0xfeff,
];
const controls: StaticArray<i32> = [0x0a, 0x0d, 0x09, 0x0c, 0x0b, 0x00];

function literal(code: i32): Part {
  const part = new Part(CHAR);
  part.code = code;
  return part;
}

function notLineEnd(): Part {
  const part = new Part(CLASS);
  part.ranges = [0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029];
  part.isNegated = true;
  return part;
}

function isDigit(code: i32): bool {
  return code >= 0x30 && code <= 0x39;
}

function isHex(code: i32): bool {
  return isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
}
