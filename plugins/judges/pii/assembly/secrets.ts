import { addAssigned } from "./assigned-secrets";
import { Findings } from "./findings";
import { at, isAscii, isAt, isDigit, isLineEnd, isUpper } from "./units";

/** How the keys of services begin, and how long the rest is at least. */
const prefixes: string[] =
  "sk- sk_live_ sk_test_ rk_live_ rk_test_ ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- AIza xoxb- xoxp- xoxa- xoxs- xoxe- hf_ npm_ pypi- SG. ya29. dop_v1_ shpat_ AGE-SECRET-KEY-1 gsk_ r8_ whsec_ lin_api_".split(
    " ",
  );
const restUnits = 16;
const keyBegin = "-----BEGIN ";
const keyEnd = "-----END ";
/** A damaged key without an end is taken to be so long at most. */
const maxKeyUnits = 16_384;
const maxHeaderUnits = 64;

export function findSecrets(text: string, found: Findings): void {
  addKeyBlocks(text, found);
  for (let i = 0; i < text.length; ) {
    if (!isToken(at(text, i))) {
      if (at(text, i) == 0x3a && isAt(text, i, "://")) addLogin(text, i + 3, found);
      i++;
      continue;
    }
    let end = i + 1;
    while (isToken(at(text, end))) end++;
    const tokenEnd = withoutStops(text, i, end);
    if (isKey(text, i, tokenEnd) || isJwt(text, i, tokenEnd)) found.add(i, tokenEnd);
    else addAssigned(text, i, tokenEnd, found);
    i = end;
  }
}

function isToken(unit: i32): bool {
  return isAscii(unit) || unit == 0x5f || unit == 0x2d || unit == 0x2e;
}

function withoutStops(text: string, start: i32, end: i32): i32 {
  while (end > start && at(text, end - 1) == 0x2e) end--;
  return end;
}

function isKey(text: string, start: i32, end: i32): bool {
  if (isAmazonKey(text, start, end)) return true;
  for (let i = 0; i < prefixes.length; i++) {
    const prefix = prefixes[i];
    if (end - start < prefix.length + restUnits || !hasPrefix(text, start, prefix)) continue;
    if (isMixed(text, start + prefix.length, end)) return true;
  }
  return false;
}

function hasPrefix(text: string, start: i32, prefix: string): bool {
  for (let i = 0; i < prefix.length; i++) {
    if (at(text, start + i) != prefix.charCodeAt(i)) return false;
  }
  return true;
}

/** AKIA or ASIA and 16 capitals and digits. */
function isAmazonKey(text: string, start: i32, end: i32): bool {
  if (end - start != 20 || !(hasPrefix(text, start, "AKIA") || hasPrefix(text, start, "ASIA"))) return false;
  for (let i = start; i < end; i++) {
    if (!isDigit(at(text, i)) && !isUpper(at(text, i))) return false;
  }
  return true;
}

/** Names of things have no digits among their letters: `sk-learn-compatible-estimators`. */
function isMixed(text: string, start: i32, end: i32): bool {
  let digits = 0;
  for (let i = start; i < end; i++) if (isDigit(at(text, i))) digits++;
  return digits >= 2;
}

/** Three parts in base64url, the first a JSON object: RFC 7519. */
function isJwt(text: string, start: i32, end: i32): bool {
  if (!hasPrefix(text, start, "eyJ")) return false;
  let dots = 0;
  for (let i = start; i < end; i++) {
    if (at(text, i) != 0x2e) continue;
    if (at(text, i - 1) == 0x2e) return false;
    dots++;
  }
  return dots == 2 && end - start >= 36;
}

/** `user:password` of an address. */
function addLogin(text: string, start: i32, found: Findings): void {
  let colon = 0;
  for (let i = start; i - start <= 256; i++) {
    const unit = at(text, i);
    if (unit == 0x40) {
      if (colon > 0 && i > colon + 1) found.add(start, i);
      return;
    }
    if (unit == 0x3a && colon == 0) colon = i;
    if (unit <= 0x20 || unit == 0x2f || unit == 0x22 || unit == 0x3c || unit == 0x7b || unit == 0x24) return;
  }
}

/** From BEGIN to END, without the dashes around them; a block without an end reaches as far as its lines look like one. */
function addKeyBlocks(text: string, found: Findings): void {
  let nextEnd = 0;
  for (let i = text.indexOf(keyBegin); i >= 0; i = text.indexOf(keyBegin, i + 1)) {
    const header = endOfHeader(text, i + keyBegin.length);
    if (header == 0) continue;
    const start = i + 5;
    if (nextEnd >= 0 && nextEnd < header) nextEnd = text.indexOf(keyEnd, header);
    const end = endOfBlock(text, header, nextEnd);
    found.add(start, end);
    i = end;
  }
}

/** Behind `PRIVATE KEY`; 0 for what is no private key. */
function endOfHeader(text: string, start: i32): i32 {
  for (let i = start; i - start <= maxHeaderUnits && !isLineEnd(at(text, i)); i++) {
    if (isAt(text, i, "private key")) return i + 11;
  }
  return 0;
}

function endOfBlock(text: string, start: i32, end: i32): i32 {
  if (end >= 0 && end - start <= maxKeyUnits) {
    const header = endOfHeader(text, end + keyEnd.length);
    return header > 0 ? header : end;
  }
  let i = start;
  while (i - start <= maxKeyUnits && isKeyUnit(at(text, i))) i++;
  return i;
}

/** Base64, line ends, and the escapes that stand for them in strings. */
function isKeyUnit(unit: i32): bool {
  return (
    isAscii(unit) ||
    isLineEnd(unit) ||
    unit == 0x2b ||
    unit == 0x2f ||
    unit == 0x3d ||
    unit == 0x5c ||
    unit == 0x2d
  );
}
