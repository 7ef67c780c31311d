import { Findings } from "./findings";
import { at, isAscii, isBlankUnit, isDigit, isLetter, isLineEnd } from "./units";

/** RFC 5321: longest local part and domain. */
const maxLocal = 64;
const maxDomain = 255;

export function findEmails(text: string, found: Findings): void {
  for (let i = text.indexOf("@"); i >= 0; i = text.indexOf("@", i + 1)) {
    const start = startOfLocal(text, i);
    const end = endOfDomain(text, i + 1);
    if (start < i && end > 0 && !isRemote(text, start, i, end)) found.add(start, end);
  }
}

function startOfLocal(text: string, end: i32): i32 {
  let start = end;
  while (start > 0 && end - start < maxLocal && isLocal(at(text, start - 1))) start--;
  while (start < end && !isAscii(at(text, start)) && !isLetter(at(text, start))) start++;
  return at(text, end - 1) == 0x2e ? end : start;
}

/** One of the quotes that stand around addresses is no part of them. */
function isLocal(unit: i32): bool {
  if (isAscii(unit) || (unit > 0x7f && isLetter(unit))) return true;
  return unit == 0x2e || unit == 0x5f || unit == 0x25 || unit == 0x2b || unit == 0x2d || unit == 0x27;
}

/** Behind the last label of a domain of two or more; 0 where there is none. */
function endOfDomain(text: string, start: i32): i32 {
  let end = 0;
  let label = start;
  for (let i = start; i - start <= maxDomain; i++) {
    const unit = at(text, i);
    if (isAscii(unit) || unit == 0x2d || (unit > 0x7f && isLetter(unit))) continue;
    if (i == label || at(text, i - 1) == 0x2d) break;
    if (label > start && isTopLevel(text, label, i)) end = i;
    if (unit != 0x2e) break;
    label = i + 1;
  }
  return end;
}

function isTopLevel(text: string, start: i32, end: i32): bool {
  if (end - start < 2) return false;
  if (isDigit(at(text, start))) return false;
  for (let i = start; i < end; i++) if (isDigit(at(text, i)) && !isPunycode(text, start)) return false;
  return true;
}

function isPunycode(text: string, start: i32): bool {
  return at(text, start) == 0x78 && at(text, start + 1) == 0x6e && at(text, start + 2) == 0x2d;
}

/** `git@host:path` names a repository. */
function isRemote(text: string, start: i32, sign: i32, end: i32): bool {
  if (at(text, end) != 0x3a || sign - start != 3 || text.substring(start, sign) != "git") return false;
  const next = at(text, end + 1);
  return next >= 0 && !isBlankUnit(next) && !isLineEnd(next);
}
