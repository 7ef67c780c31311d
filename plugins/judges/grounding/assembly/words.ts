/** A word is the address of its first unit and the count of its units: texts of a call never move and are never freed. */
const negations: StaticArray<string> = [
  "not",
  "no",
  "never",
  "none",
  "nothing",
  "nobody",
  "nowhere",
  "neither",
  "cannot",
  "without",
  "cant",
  "dont",
  "wont",
  "isnt",
  "arent",
  "doesnt",
  "didnt",
  "wasnt",
];
const numerals: StaticArray<string> = [
  "zero",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
  "eleven",
  "twelve",
];

export function unitAt(start: usize, i: i32): u32 {
  return load<u16>(start + ((<usize>i) << 1));
}

export function isDigit(unit: u32): bool {
  return unit >= 0x30 && unit <= 0x39;
}

export function isApostrophe(unit: u32): bool {
  return unit == 0x27 || unit == 0x2019;
}

export function isWord(start: usize, length: i32, text: string): bool {
  if (length != text.length) return false;
  return memory.compare(start, changetype<usize>(text), (<usize>length) << 1) == 0;
}

/** "not", "never", "isn't" and the like. */
export function isNegation(start: usize, length: i32): bool {
  if (length > 3 && unitAt(start, length - 1) == 0x74 && isApostrophe(unitAt(start, length - 2))) {
    if (unitAt(start, length - 3) == 0x6e) return true;
  }
  for (let i = 0; i < negations.length; i++) if (isWord(start, length, negations[i])) return true;
  return false;
}

/** 0 to 12, or -1. */
export function numeralOf(start: usize, length: i32): i32 {
  for (let i = 0; i < numerals.length; i++) if (isWord(start, length, numerals[i])) return i;
  return -1;
}

/** Below, above or equal to 0, by units and then by length. */
export function compareWords(left: usize, leftLength: i32, right: usize, rightLength: i32): i32 {
  const shorter = min(leftLength, rightLength);
  for (let i = 0; i < shorter; i++) {
    const difference = <i32>unitAt(left, i) - <i32>unitAt(right, i);
    if (difference != 0) return difference;
  }
  return leftLength - rightLength;
}
