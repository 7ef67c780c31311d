import { at, isBlankUnit, isDigit, isWordLike } from "./units";

const maxGroups = 24;
/** Of groups that are looked at together; longer ones are nothing that is looked for. */
const maxDigits = 32;
/** Longer groups count as so long in a shape. */
const shapeBase = 32;

/** Lengths of groups in one number, to compare with `DigitRun.shape`. At most twelve. */
export function shapeOf(lengths: i32[]): i64 {
  let shape: i64 = 0;
  for (let i = 0; i < lengths.length; i++) shape = shape * shapeBase + lengths[i];
  return shape;
}

/**
 * Digits in groups: `+44 (0)20 7946 0958` has 44, 0, 20, 7946 and 0958. Kept and read again for each place, for what is
 * made in a call is never freed.
 */
export class DigitRun {
  count: i32 = 0;
  starts: StaticArray<i32> = new StaticArray<i32>(maxGroups);
  ends: StaticArray<i32> = new StaticArray<i32>(maxGroups);
  /** Behind what was read. */
  end: i32 = 0;
  /** What `collect` read, each from 0 to 9. */
  digits: StaticArray<u8> = new StaticArray<u8>(maxDigits);

  constructor(public text: string) {}

  /** Reads the run that begins with this digit. */
  read(start: i32): void {
    const text = this.text;
    this.count = 0;
    let i = start;
    while (true) {
      const first = i;
      while (isDigit(at(text, i))) i++;
      this.starts[this.count] = first;
      this.ends[this.count++] = i;
      this.end = i;
      const next = skipSeparators(text, i);
      if (next == i || !isDigit(at(text, next)) || this.count == maxGroups) return;
      i = next;
    }
  }

  lengthOf(group: i32): i32 {
    return this.ends[group] - this.starts[group];
  }

  /** How many digits these groups have. */
  countDigits(first: i32, last: i32): i32 {
    let count = 0;
    for (let i = first; i <= last; i++) count += this.lengthOf(i);
    return count;
  }

  /** Puts the digits of these groups into `digits`; gives their count, 0 where there are too many. */
  collect(first: i32, last: i32): i32 {
    if (this.countDigits(first, last) > maxDigits) return 0;
    let count = 0;
    for (let group = first; group <= last; group++) {
      for (let i = this.starts[group]; i < this.ends[group]; i++) {
        this.digits[count++] = <u8>(at(this.text, i) - 0x30);
      }
    }
    return count;
  }

  /** So many of the digits that were collected, as a number. */
  leading(count: i32): i32 {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 10 + this.digits[i];
    return value;
  }

  /** Whether one of the separators stands between these groups, once each: a space counts for every blank. */
  isSeparatedBy(first: i32, last: i32, separators: string): bool {
    for (let i = first; i < last; i++) {
      if (this.starts[i + 1] - this.ends[i] != 1) return false;
      const unit = at(this.text, this.ends[i]);
      if (!hasUnit(separators, isBlankUnit(unit) ? 0x20 : unit)) return false;
    }
    return true;
  }

  /** The lengths of these groups, as `shapeOf` gives them. */
  shape(first: i32, last: i32): i64 {
    let shape: i64 = 0;
    for (let i = first; i <= last; i++) shape = shape * shapeBase + min(this.lengthOf(i), shapeBase - 1);
    return shape;
  }
}

function hasUnit(text: string, unit: i32): bool {
  for (let i = 0; i < text.length; i++) if (at(text, i) == unit) return true;
  return false;
}

/** One separator, or two where one is a bracket: `(0)20` and `(415) 555`. */
function skipSeparators(text: string, start: i32): i32 {
  let i = start;
  let brackets = 0;
  let others = 0;
  while (true) {
    const unit = at(text, i);
    if (unit == 0x28 || unit == 0x29) brackets++;
    else if (isBlankUnit(unit) || unit == 0x2d || unit == 0x2e || unit == 0x2f || unit == 0x2011) others++;
    else return i;
    if (brackets > 2 || others > 1 + brackets) return start;
    i++;
  }
}

/** Not within a word, a longer number or a path. */
export function isOpenBefore(text: string, start: i32): bool {
  const unit = at(text, start - 1);
  if (unit == 0x3a) return true;
  if (unit == 0x2d || unit == 0x2e || unit == 0x2c) return !isWordLike(at(text, start - 2));
  const isPart = isWordLike(unit) || unit == 0x2f || unit == 0x5c;
  return !isPart && unit != 0x23 && unit != 0x24 && unit != 0x2b;
}

/** The same of what follows; a full stop at the end of a sentence is none of a number. */
export function isOpenAfter(text: string, end: i32): bool {
  const unit = at(text, end);
  if (isWordLike(unit) || unit == 0x25) return false;
  if (unit == 0x2d) return !isWordLike(at(text, end + 1));
  if (unit == 0x2e || unit == 0x2c || unit == 0x3a) return !isDigit(at(text, end + 1));
  return true;
}
