import { at, isLetter, isUpper, isWordLike } from "./units";

const maxNameUnits = 40;
/** Texts of a call are never freed: a word takes room once. */
const title = new StaticArray<u16>(maxNameUnits);

/** Behind the word that begins here: letters, with apostrophes and hyphens between them. */
export function endOfWord(text: string, start: i32): i32 {
  let i = start;
  while (isLetter(at(text, i)) || (i > start && isJoint(at(text, i)) && isLetter(at(text, i + 1)))) i++;
  return i;
}

function isJoint(unit: i32): bool {
  return unit == 0x27 || unit == 0x2019 || unit == 0x2d;
}

/** The end without the 's of what somebody has. */
export function withoutPossessive(text: string, start: i32, end: i32): i32 {
  const isTail = end - start > 2 && (at(text, end - 1) | 0x20) == 0x73;
  const mark = at(text, end - 2);
  return isTail && (mark == 0x27 || mark == 0x2019) ? end - 2 : end;
}

/** Written as names are: Smith, O'Connor, Okafor-Wright, McDonald, and SMITH; PostgreSQL and McD1 are not. */
export function isNameLike(text: string, start: i32, end: i32): bool {
  if (end - start < 2 || end - start > maxNameUnits || !isUpper(at(text, start))) return false;
  if (isWordLike(at(text, end))) return false;
  let uppers = 0;
  let breaks = 0;
  for (let i = start + 1; i < end; i++) {
    if (!isLetter(at(text, i))) continue;
    if (!isUpper(at(text, i))) continue;
    uppers++;
    const before = at(text, i - 1);
    if (isJoint(before) || (i - start == 2 && (before | 0x20) == 0x63)) breaks++;
    if (i - start == 3 && (before | 0x20) == 0x63 && (at(text, i - 2) | 0x20) == 0x61) breaks++;
  }
  return uppers == breaks || uppers == countLetters(text, start, end) - 1;
}

function countLetters(text: string, start: i32, end: i32): i32 {
  let count = 0;
  for (let i = start; i < end; i++) if (isLetter(at(text, i))) count++;
  return count;
}

/** In one form, however it is written: with a capital and small letters, `ALICE` as `Alice`. Of 40 units at most. */
export function titleOf(text: string, start: i32, end: i32): string {
  const length = min(end - start, maxNameUnits);
  for (let i = 0; i < length; i++) {
    const unit = at(text, start + i);
    const isSunk = i > 0 && !isJoint(at(text, start + i - 1));
    title[i] = <u16>(i == 0 && unit >= 0x61 && unit <= 0x7a ? unit - 0x20 : isSunk ? sink(unit) : unit);
  }
  return String.UTF16.decodeUnsafe(changetype<usize>(title), (<usize>length) << 1);
}

/** In small letters, of A to Z and of what Latin-1 has. */
function sink(unit: i32): i32 {
  const isLatin = (unit >= 0x41 && unit <= 0x5a) || (unit >= 0xc0 && unit <= 0xde && unit != 0xd7);
  return isLatin ? unit + 0x20 : unit;
}
