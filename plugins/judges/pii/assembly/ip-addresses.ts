import { Findings } from "./findings";
import { at, hasBefore, isDigit, isHex, isWordLike } from "./units";

const versionCues: string[] =
  "version versions v driver release firmware build upgrade oid section clause chapter".split(" ");
const cueReach = 16;
const maxSixUnits = 39;

/** Addresses of the internet: those that every machine or house has say nothing of anybody. */
export function findIpAddresses(text: string, found: Findings): void {
  for (let i = 0; i < text.length; i++) {
    if (!isHex(at(text, i)) || !isFree(at(text, i - 1))) continue;
    const four = endOfFour(text, i);
    const end = four > 0 ? four : endOfSix(text, i);
    if (end > 0) found.add(i, end);
    while (isWordLike(at(text, i + 1))) i++;
  }
}

function isFree(unit: i32): bool {
  return !isWordLike(unit) && unit != 0x2e && unit != 0x3a && unit != 0x2d;
}

function endOfFour(text: string, start: i32): i32 {
  let i = start;
  const parts = new StaticArray<i32>(4);
  for (let part = 0; part < 4; part++) {
    const first = i;
    let value = 0;
    while (isDigit(at(text, i)) && i - first < 4) value = value * 10 + at(text, i++) - 0x30;
    if (i == first || i - first > 3 || value > 255) return 0;
    parts[part] = value;
    if (part < 3 && at(text, i++) != 0x2e) return 0;
  }
  const next = at(text, i);
  if (isWordLike(next) || (next == 0x2e && isWordLike(at(text, i + 1))) || next == 0x2d) return 0;
  return isPublic(parts) && !hasBefore(text, start, versionCues, cueReach) ? i : 0;
}

/** RFC 6890 without the networks kept for documentation, which stand for real ones. */
function isPublic(parts: StaticArray<i32>): bool {
  const first = parts[0];
  const second = parts[1];
  if (first == 0 || first == 10 || first == 127 || first >= 224) return false;
  if (first == 100 && second >= 64 && second <= 127) return false;
  if (first == 169 && second == 254) return false;
  if (first == 172 && second >= 16 && second <= 31) return false;
  return !(first == 192 && second == 168);
}

/** Of the global ones, 2000::/3, in three groups or more. */
function endOfSix(text: string, start: i32): i32 {
  const first = at(text, start);
  if ((first != 0x32 && first != 0x33) || at(text, start + 4) != 0x3a) return 0;
  let groups = 0;
  let gaps = 0;
  let i = start;
  while (i - start <= maxSixUnits) {
    const from = i;
    while (isHex(at(text, i)) && i - from <= 4) i++;
    if (i - from > 4) return 0;
    if (i > from) groups++;
    else if (at(text, i - 1) == 0x3a && at(text, i) == 0x3a) gaps++;
    if (at(text, i) != 0x3a || (!isHex(at(text, i + 1)) && at(text, i + 1) != 0x3a)) break;
    i++;
  }
  if (isWordLike(at(text, i))) return 0;
  return gaps <= 1 && (groups == 8 || (gaps == 1 && groups >= 3 && groups < 8)) ? i : 0;
}
