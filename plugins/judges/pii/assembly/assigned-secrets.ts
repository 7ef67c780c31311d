import { Findings } from "./findings";
import { at, isAscii, isAt, isBlankUnit, isDigit, lowerUnit, skipBlanks } from "./units";

/** Last words of names that hold a secret; those of the second list hold what people choose. */
const keyNames: string[] = ["key", "token", "secret", "credential", "credentials", "bearer"];
const passwordNames: string[] = ["password", "passwd", "pwd", "passphrase", "passcode"];
const minKeyUnits = 16;
const minPasswordUnits = 5;
/** What is looked at of a value; a longer one is taken whole. */
const maxValueUnits = 256;
const counts = new StaticArray<i32>(128);
/** Bits a character; words of a language have fewer than a random text of this length. */
const minEntropy: f64 = 3;
/** With a single digit it might be the name of something, which is seldom so long and so mixed. */
const longUnits = 32;
const highEntropy: f64 = 4;

/** The token from `start` to `end` may be a name such as `api_key`: adds the value that is set behind it. */
export function addAssigned(text: string, start: i32, end: i32, found: Findings): void {
  const isPassword = endsWith(text, start, end, passwordNames);
  if (!isPassword && !endsWith(text, start, end, keyNames)) return;
  const isBearer = isAt(text, end - 6, "bearer");
  const value = startOfValue(text, end, isPassword, isBearer);
  if (value < 0 || found.isTaken(value)) return;
  const last = endOfValue(text, value, maxValueUnits);
  const isSecret = isPassword ? isChosen(text, value, last) : isRandom(text, value, last);
  if (isSecret) found.add(value, last - value < maxValueUnits ? last : endOfValue(text, value, text.length));
}

/** The word alone, or the end of `x-api-key`, `apiKey` and `API_KEY`. */
function endsWith(text: string, start: i32, end: i32, names: string[]): bool {
  for (let i = 0; i < names.length; i++) {
    const from = end - names[i].length;
    if (from < start || !isAt(text, from, names[i])) continue;
    if (
      from == start ||
      !isSmall(at(text, from - 1)) ||
      !isSmall(at(text, from)) ||
      isAt(text, from - 3, "api")
    )
      return true;
  }
  return false;
}

function isSmall(unit: i32): bool {
  return unit >= 0x61 && unit <= 0x7a;
}

/** Behind `=`, `:` or ` is`, with or without quotes; -1 where nothing is set. */
function startOfValue(text: string, end: i32, isPassword: bool, isBearer: bool): i32 {
  let i = isQuote(at(text, end)) ? end + 1 : end;
  i = skipBlanks(text, i);
  const unit = at(text, i);
  if (unit == 0x3d || unit == 0x3a) {
    i++;
    while (at(text, i) == 0x3d || at(text, i) == 0x3e) i++;
  } else if (isPassword && isAt(text, i, "is ")) i += 3;
  else if (!isBearer && !isAt(text, i, "is ")) return -1;
  else if (!isBearer) i += 3;
  i = skipBlanks(text, i);
  if (isAt(text, i, "bearer ")) i += 7;
  return isQuote(at(text, i)) ? i + 1 : i;
}

function isQuote(unit: i32): bool {
  return unit == 0x22 || unit == 0x27 || unit == 0x60;
}

function endOfValue(text: string, start: i32, most: i32): i32 {
  let i = start;
  while (i - start < most && isValue(at(text, i))) i++;
  while (i > start && isStop(at(text, i - 1))) i--;
  return i;
}

/** Neither blank nor what parts values from one another in code. */
function isValue(unit: i32): bool {
  if (unit <= 0x20 || isBlankUnit(unit) || isQuote(unit)) return false;
  return unit != 0x2c && unit != 0x3b && unit != 0x3c && unit != 0x3e;
}

/** What ends a sentence or closes a bracket. */
function isStop(unit: i32): bool {
  return unit == 0x2e || unit == 0x29 || unit == 0x5d || unit == 0x7d;
}

/** Letters with digits or signs; code, names of variables and placeholders are none. */
function isChosen(text: string, start: i32, end: i32): bool {
  if (end - start < minPasswordUnits) return false;
  let letters = 0;
  let others = 0;
  for (let i = start; i < end; i++) {
    const unit = at(text, i);
    if (unit == 0x28 || unit == 0x5b || unit == 0x7b) return false;
    if (isDigit(unit) || (!isAscii(unit) && unit != 0x5f && unit != 0x2e && unit != 0x2d && unit != 0x2a))
      others++;
    else if (isAscii(unit)) letters++;
  }
  return letters > 0 && others > 0;
}

/** Long, with digits, and as mixed as random text. */
function isRandom(text: string, start: i32, end: i32): bool {
  if (end - start < minKeyUnits) return false;
  counts.fill(0);
  let digits = 0;
  let letters = 0;
  for (let i = start; i < end; i++) {
    const unit = at(text, i);
    if (unit >= 128 || unit == 0x28 || unit == 0x5b || unit == 0x7b || unit == 0x24) return false;
    if (isDigit(unit)) digits++;
    else if (isAscii(unit)) letters++;
    counts[lowerUnit(unit)]++;
  }
  if (letters < 2) return false;
  const entropy = entropyOf(end - start);
  return digits >= 2
    ? entropy >= minEntropy
    : digits == 1 && end - start >= longUnits && entropy >= highEntropy;
}

/** Shannon's, of `counts`, in bits a character. */
function entropyOf(total: i32): f64 {
  let entropy: f64 = 0;
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] == 0) continue;
    const share = <f64>counts[i] / <f64>total;
    entropy -= share * Math.log2(share);
  }
  return entropy;
}
