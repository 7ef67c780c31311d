/** Deeper answers are not checked: every part of a validator recurses. */
const maxDepth = 100;
const shortEscapes = '"\\/bfnrt';

let text: string = "";
let at: i32 = 0;
let values: i32 = 0;
let isDeep: bool = false;

export class Syntax {
  constructor(
    public isJson: bool,
    /** Where it is no JSON: the unit that does not belong there. */
    public place: i32,
    /** Count of objects, arrays and scalars. */
    public values: i32,
    public isDeep: bool,
  ) {}
}

/** Whether a text is JSON, without building anything: parsing has no way to fail but to end the call. */
export function inspect(json: string): Syntax {
  text = json;
  at = 0;
  values = 0;
  isDeep = false;
  const isValue = skipValue(0);
  if (isValue) skipSpace();
  return new Syntax(isValue && at == text.length, at, values, isDeep);
}

function unit(): i32 {
  return at < text.length ? text.charCodeAt(at) : -1;
}

function skipSpace(): void {
  for (; at < text.length; at++) {
    const next = text.charCodeAt(at);
    if (next != 0x20 && next != 0x0a && next != 0x0d && next != 0x09) return;
  }
}

function take(expected: i32): bool {
  skipSpace();
  if (unit() != expected) return false;
  at++;
  return true;
}

function skipValue(depth: i32): bool {
  values++;
  skipSpace();
  if (depth > maxDepth) {
    isDeep = true;
    return false;
  }
  switch (unit()) {
    case 0x7b:
      return skipMembers(depth, 0x7d);
    case 0x5b:
      return skipMembers(depth, 0x5d);
    case 0x22:
      return skipString();
    case 0x74:
      return skipWord("true");
    case 0x66:
      return skipWord("false");
    case 0x6e:
      return skipWord("null");
    default:
      return skipNumber();
  }
}

/** The members of an object, or the items of an array. */
function skipMembers(depth: i32, closing: i32): bool {
  at++;
  if (take(closing)) return true;
  while (true) {
    if (closing == 0x7d) {
      skipSpace();
      if (unit() != 0x22 || !skipString() || !take(0x3a)) return false;
    }
    if (!skipValue(depth + 1)) return false;
    if (take(closing)) return true;
    if (!take(0x2c)) return false;
  }
}

function skipString(): bool {
  at++;
  while (at < text.length) {
    const next = text.charCodeAt(at);
    if (next < 0x20) return false;
    if (next == 0x5c) {
      at++;
      if (!skipEscape()) return false;
      continue;
    }
    at++;
    if (next == 0x22) return true;
  }
  return false;
}

function skipEscape(): bool {
  const letter = unit();
  if (letter == 0x75) {
    for (let i = 1; i <= 4; i++) if (at + i >= text.length || !isHex(text.charCodeAt(at + i))) return false;
    at += 5;
    return true;
  }
  // No text is made of the letter: each escape of a large answer would take memory that is not freed.
  for (let i = 0; i < shortEscapes.length; i++) {
    if (letter != shortEscapes.charCodeAt(i)) continue;
    at++;
    return true;
  }
  return false;
}

function skipWord(word: string): bool {
  for (let i = 0; i < word.length; i++, at++) if (unit() != word.charCodeAt(i)) return false;
  return true;
}

function skipNumber(): bool {
  if (unit() == 0x2d) at++;
  if (unit() == 0x30) at++;
  else if (!skipDigits()) return false;
  if (unit() == 0x2e) {
    at++;
    if (!skipDigits()) return false;
  }
  if ((unit() | 0x20) != 0x65) return true;
  at++;
  if (unit() == 0x2b || unit() == 0x2d) at++;
  return skipDigits();
}

function skipDigits(): bool {
  const first = at;
  while (unit() >= 0x30 && unit() <= 0x39) at++;
  return at > first;
}

function isHex(digit: i32): bool {
  const letter = digit | 0x20;
  return (digit >= 0x30 && digit <= 0x39) || (letter >= 0x61 && letter <= 0x66);
}
