import { Findings } from "./findings";
import { at, isDigit, isWordLike, lowerUnit } from "./units";

/** Areas of the United Kingdom's postcodes. */
const areas = new Set<string>();
const areaList: string =
  "ab al b ba bb bd bf bh bl bn br bs bt bx ca cb cf ch cm co cr ct cv cw da dd de dg dh dl dn dt dy e ec eh en ex fk fy g gir gl gu gy ha hd hg hp hr hs hu hx ig im ip iv je ka kt kw ky l la ld le ll ln ls lu m me mk ml n ne ng nn np nr nw ol ox pa pe ph pl po pr rg rh rm s sa se sg sk sl sm sn so sp sr ss st sw sy ta td tf tn tq tr ts tw ub w wa wc wd wf wn wr ws wv yo ze";

export function findPostcodes(text: string, found: Findings): void {
  if (areas.size == 0) fillAreas();
  for (let i = 0; i < text.length; i++) {
    if (!isPlain(at(text, i)) || isWordLike(at(text, i - 1)) || at(text, i - 1) == 0x2d) continue;
    const end = endOfPostcode(text, i);
    if (end > 0) found.add(i, end);
  }
}

function fillAreas(): void {
  const list = areaList.split(" ");
  for (let i = 0; i < list.length; i++) areas.add(list[i]);
}

function isPlain(unit: i32): bool {
  const lower = lowerUnit(unit);
  return lower >= 0x61 && lower <= 0x7a;
}

/** Outward code (area, district), a space that may lack, inward code. 0 where there is none. */
function endOfPostcode(text: string, start: i32): i32 {
  let i = start;
  while (isPlain(at(text, i)) && i - start < 3) i++;
  const letters = i - start;
  if (letters == 0 || letters > 2 || !isDigit(at(text, i))) return 0;
  const district = endOfDistrict(text, i + 1);
  for (let outward = district; outward > i; outward--) {
    const end = endOfInward(text, outward);
    if (end == 0 || !areas.has(text.substring(start, i).toLowerCase())) continue;
    return isOneCase(text, start, end) && !isMemory(text, outward, outward - start, end) ? end : 0;
  }
  return 0;
}

/** A digit or a letter may follow the first digit. */
function endOfDistrict(text: string, i: i32): i32 {
  const isLetterNext = isPlain(at(text, i)) && at(text, i + 1) == 0x20;
  const isPacked = isPlain(at(text, i)) && isDigit(at(text, i + 1));
  return isDigit(at(text, i)) || isLetterNext || isPacked ? i + 1 : i;
}

/** A digit and two letters, none of C, I, K, M, O and V. */
function endOfInward(text: string, outward: i32): i32 {
  const i = at(text, outward) == 0x20 || at(text, outward) == 0xa0 ? outward + 1 : outward;
  if (!isDigit(at(text, i)) || !isInward(at(text, i + 1)) || !isInward(at(text, i + 2))) return 0;
  return isWordLike(at(text, i + 3)) ? 0 : i + 3;
}

function isInward(unit: i32): bool {
  const lower = lowerUnit(unit);
  if (lower == 0x63 || lower == 0x69 || lower == 0x6b) return false;
  return isPlain(unit) && lower != 0x6d && lower != 0x6f && lower != 0x76;
}

/** In capitals, or in small letters with a space: `e1 6an` and no `e16an`. */
function isOneCase(text: string, start: i32, end: i32): bool {
  const isSmall = at(text, start) >= 0x61;
  let hasSpace = false;
  for (let i = start; i < end; i++) {
    if (at(text, i) == 0x20 || at(text, i) == 0xa0) hasSpace = true;
    else if (isPlain(at(text, i)) && at(text, i) >= 0x61 != isSmall) return false;
  }
  return hasSpace || (!isSmall && end - start >= 6);
}

/** `M1 8GB` and `S3 5TB` are machines. */
function isMemory(text: string, outward: i32, length: i32, end: i32): bool {
  const first = lowerUnit(at(text, end - 2));
  const isUnit = lowerUnit(at(text, end - 1)) == 0x62 && (first == 0x67 || first == 0x74);
  return isUnit && length == 2 && at(text, outward) == 0x20;
}
