import { Findings } from "./findings";
import {
  at,
  hasBefore,
  isAscii,
  isAt,
  isBlankUnit,
  isDigit,
  isWordLike,
  lengthAt,
  skipBlanks,
} from "./units";

const cues: string[] = ["born", "dob", "d.o.b", "birth", "birthday", "birthdate", "geboren"];
const cueReach = 32;
const months: string[] =
  "january february march april may june july august september october november december jan feb mar apr jun jul aug sept sep oct nov dec".split(
    " ",
  );
const ordinals: string[] = ["st", "nd", "rd", "th"];

/** Days, where the text says that they are of a birth; a year alone tells nobody from others. */
export function findBirthDates(text: string, found: Findings): void {
  for (let i = 0; i < text.length; i++) {
    if (!isAscii(at(text, i)) || isWordLike(at(text, i - 1))) continue;
    const end = endOfDate(text, i);
    if (end > 0 && hasBefore(text, i, cues, cueReach)) {
      found.add(i, end);
      i = end;
    }
  }
}

/** 0 where no date begins. */
function endOfDate(text: string, start: i32): i32 {
  if (!isDigit(at(text, start))) return endOfMonthFirst(text, start);
  const end = endOfNumbers(text, start);
  return end > 0 ? end : endOfDayFirst(text, start);
}

function countDigits(text: string, start: i32): i32 {
  let count = 0;
  while (count < 5 && isDigit(at(text, start + count))) count++;
  return count;
}

/** 03/07/1984, 3.7.84, 1984-07-03. */
function endOfNumbers(text: string, start: i32): i32 {
  const first = countDigits(text, start);
  const separator = at(text, start + first);
  if (separator != 0x2f && separator != 0x2d && separator != 0x2e) return 0;
  let i = start + first + 1;
  const second = countDigits(text, i);
  if (second < 1 || second > 2 || at(text, i + second) != separator) return 0;
  i += second + 1;
  const third = countDigits(text, i);
  const isYearLast = first <= 2 && (third == 2 || third == 4);
  const isYearFirst = first == 4 && third >= 1 && third <= 2;
  return (isYearLast || isYearFirst) && !isWordLike(at(text, i + third)) ? i + third : 0;
}

/** 5 March 1971, 2nd of May 2001. */
function endOfDayFirst(text: string, start: i32): i32 {
  const day = countDigits(text, start);
  if (day > 2) return 0;
  let i = start + day;
  i = skipBlanks(text, i + lengthAt(text, i, ordinals));
  if (isAt(text, i, "of ")) i = skipBlanks(text, i + 3);
  const month = lengthAt(text, i, months);
  return month == 0 ? 0 : endOfYear(text, i + month);
}

/** July 14, 1962. */
function endOfMonthFirst(text: string, start: i32): i32 {
  const month = lengthAt(text, start, months);
  if (month == 0) return 0;
  let i = start + month;
  if (at(text, i) == 0x2e) i++;
  if (!isBlankUnit(at(text, i))) return 0;
  i = skipBlanks(text, i);
  const day = countDigits(text, i);
  if (day == 0 || day > 2) return 0;
  i += day;
  return endOfYear(text, i + lengthAt(text, i, ordinals));
}

function endOfYear(text: string, start: i32): i32 {
  let i = start;
  while (at(text, i) == 0x2e || at(text, i) == 0x2c || isBlankUnit(at(text, i))) i++;
  return i > start && countDigits(text, i) == 4 ? i + 4 : 0;
}
