/** -1 outside the text, so that no caller has to look at its bounds. */
export function at(text: string, index: i32): i32 {
  return text.charCodeAt(index);
}

export function isDigit(unit: i32): bool {
  return unit >= 0x30 && unit <= 0x39;
}

export function isHex(unit: i32): bool {
  const lower = unit | 0x20;
  return isDigit(unit) || (lower >= 0x61 && lower <= 0x66);
}

/** Of the Latin, Greek and Cyrillic alphabets. */
export function isUpper(unit: i32): bool {
  if (unit < 0x80) return unit >= 0x41 && unit <= 0x5a;
  if (unit <= 0xde) return unit >= 0xc0 && unit != 0xd7;
  if (unit < 0x100) return false;
  if (unit >= 0x139 && unit <= 0x148) return (unit & 1) == 1;
  if (unit >= 0x178 && unit <= 0x17e) return unit == 0x178 || (unit & 1) == 1;
  if (unit <= 0x177 || (unit >= 0x218 && unit <= 0x21b)) return (unit & 1) == 0;
  if (unit >= 0x386 && unit <= 0x38f) return unit != 0x387;
  return (unit >= 0x391 && unit <= 0x3ab) || (unit >= 0x400 && unit <= 0x42f);
}

/** Of any alphabet, accents that stand alone included. */
export function isLetter(unit: i32): bool {
  const lower = unit | 0x20;
  if (unit < 0x80) return lower >= 0x61 && lower <= 0x7a;
  if (unit < 0xc0) return unit == 0xaa || unit == 0xb5 || unit == 0xba;
  if (unit >= 0x2000 && unit <= 0x2bff) return false;
  return unit != 0xd7 && unit != 0xf7 && !(unit >= 0x3000 && unit <= 0x303f) && unit < 0xd800;
}

export function isAscii(unit: i32): bool {
  const lower = unit | 0x20;
  return isDigit(unit) || (unit < 0x80 && lower >= 0x61 && lower <= 0x7a);
}

/** Part of a word or a number, or of what programs name so. */
export function isWordLike(unit: i32): bool {
  return isDigit(unit) || isLetter(unit) || unit == 0x5f;
}

/** A space within a line. */
export function isBlankUnit(unit: i32): bool {
  return unit == 0x20 || unit == 0x09 || unit == 0xa0 || unit == 0x202f;
}

export function isLineEnd(unit: i32): bool {
  return unit == 0x0a || unit == 0x0d;
}

/** A–Z alone: offsets of the text must hold. */
export function lowerUnit(unit: i32): i32 {
  return unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit;
}

/** Whether `word`, in lower case, stands at `start` in any case. */
export function isAt(text: string, start: i32, word: string): bool {
  for (let i = 0; i < word.length; i++) {
    if (lowerUnit(at(text, start + i)) != word.charCodeAt(i)) return false;
  }
  return true;
}

/** Whether one of the words, in lower case, stands alone within so many units before `end`. */
export function hasBefore(text: string, end: i32, words: string[], reach: i32): bool {
  const from = max(0, end - reach);
  for (let start = from; start < end; start++) {
    if (isLetter(at(text, start - 1)) || !isLetter(at(text, start))) continue;
    for (let i = 0; i < words.length; i++) {
      const after = start + words[i].length;
      if (after <= end && !isLetter(at(text, after)) && isAt(text, start, words[i])) return true;
    }
  }
  return false;
}

/** Whether one of them, in lower case, stands at `start`: the length of it, else 0. */
export function lengthAt(text: string, start: i32, words: string[]): i32 {
  for (let i = 0; i < words.length; i++) if (isAt(text, start, words[i])) return words[i].length;
  return 0;
}

export function skipBlanks(text: string, start: i32): i32 {
  while (isBlankUnit(at(text, start))) start++;
  return start;
}
