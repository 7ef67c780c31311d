import { DigitRun, isOpenAfter, isOpenBefore, shapeOf } from "./digit-runs";
import { Findings } from "./findings";
import { at, hasBefore, isBlankUnit } from "./units";

const cues: string[] =
  "phone phones telephone tel mobile cell call ring fax text sms whatsapp dial landline hotline telefon reach handy".split(
    " ",
  );
/** Long numbers that begin with 0 and are none of phones. */
const otherCues: string[] =
  "order invoice isbn ticket serial part ref reference id account sku tracking version issue case size range".split(
    " ",
  );
const cueReach = 28;
const maxGroups = 8;
/** ITU-T E.164, with the 00 before it. */
const maxDigits = 17;
const french = shapeOf([2, 2, 2, 2, 2]);
const local = shapeOf([3, 4]);
const whole = shapeOf([10]);
const american = shapeOf([3, 3, 4]);
const longDistance = shapeOf([1, 3, 3, 4]);

export function findPhones(run: DigitRun, found: Findings): void {
  for (let first = 0; first < run.count; first++) {
    const last = lastGroup(run, first);
    if (last < 0) continue;
    found.add(startOf(run, first), run.ends[last]);
    first = last;
  }
}

/** With its + or bracket. */
function startOf(run: DigitRun, first: i32): i32 {
  let start = run.starts[first];
  if (at(run.text, start - 1) == 0x28) start--;
  return at(run.text, start - 1) == 0x2b ? start - 1 : start;
}

/** The last group of the longest number that begins with this one; -1 where none does. */
function lastGroup(run: DigitRun, first: i32): i32 {
  const start = startOf(run, first);
  const isBehindGroup = first > 0 && isBlankUnit(at(run.text, start - 1));
  if (!isBehindGroup && !isOpenBefore(run.text, start)) return -1;
  for (let last = min(run.count, first + maxGroups) - 1; last >= first; last--) {
    const count = run.countDigits(first, last);
    if (count < 7) return -1;
    if (count > maxDigits || !isOpenAfter(run.text, run.ends[last])) continue;
    if (isPhone(run, first, last, start)) return last;
  }
  return -1;
}

function isPhone(run: DigitRun, first: i32, last: i32, start: i32): bool {
  const count = run.collect(first, last);
  const isZero = run.digits[0] == 0;
  if (at(run.text, start) == 0x2b) return count >= 8 && count <= 15 && !isZero;
  if (isZero ? count < 10 : !isAmericanShape(run, first, last, count)) return false;
  if (hasBefore(run.text, start, otherCues, cueReach)) return false;
  const isAnnounced = hasBefore(run.text, start, cues, cueReach);
  if (!isZero) return isAmerican(run, first, last, isAnnounced);
  return run.digits[1] == 0
    ? isForeign(run, first, last, count, isAnnounced)
    : isNational(run, first, last, count, isAnnounced);
}

/** 0044 20 …; without spaces only where the text speaks of phones. */
function isForeign(run: DigitRun, first: i32, last: i32, count: i32, isAnnounced: bool): bool {
  if (count < 11 || run.digits[2] == 0) return false;
  return isAnnounced || (last > first && run.lengthOf(first) <= 5);
}

/** Of the United Kingdom, and the pairs of France. */
function isNational(run: DigitRun, first: i32, last: i32, count: i32, isAnnounced: bool): bool {
  const groups = last - first + 1;
  const second = run.digits[1];
  const length = run.lengthOf(first);
  if (!run.isSeparatedBy(first, last, " -.") && at(run.text, run.starts[first] - 1) != 0x28) return false;
  if (count == 11) {
    const isRange = (second >= 1 && second <= 3) || (second >= 7 && second <= 9);
    return isRange && (groups == 1 || (groups <= 4 && length >= 3 && length <= 6));
  }
  if (count != 10) return false;
  if (run.shape(first, last) == french) return true;
  const isSpaced = groups > 1 && groups <= 3 && length >= 3 && length <= 5;
  return isAnnounced || (isSpaced && (second == 1 || run.leading(4) == 800));
}

function isAmericanShape(run: DigitRun, first: i32, last: i32, count: i32): bool {
  if (count != 7 && count != 10 && count != 11) return false;
  const shape = run.shape(first, last);
  return shape == local || shape == whole || shape == american || shape == longDistance;
}

/** Of North America: area and exchange begin with neither 0 nor 1. */
function isAmerican(run: DigitRun, first: i32, last: i32, isAnnounced: bool): bool {
  const shape = run.shape(first, last);
  if (shape == local) return isAnnounced && run.isSeparatedBy(first, last, "-.");
  const area = shape == longDistance ? 1 : 0;
  if (run.digits[area] < 2 || run.digits[area + 3] < 2) return false;
  if (shape == longDistance) return run.digits[0] == 1;
  if (isAnnounced) return true;
  if (shape == whole) return false;
  const isBracketed = at(run.text, run.starts[first] - 1) == 0x28;
  return isBracketed || run.isSeparatedBy(first, last, "-") || run.isSeparatedBy(first, last, ".");
}
