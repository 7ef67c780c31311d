import { isUtf8 } from "./utf8-check";

// The SDK's parser ends the call where a text is no JSON; a server's text must become an error instead.

const maxDepth = 64;

let at: i32 = 0;
let text: Uint8Array = new Uint8Array(0);

/** Whether the parser of the SDK takes these bytes. */
export function isJson(bytes: ArrayBuffer): bool {
  text = Uint8Array.wrap(bytes);
  at = 0;
  return isUtf8(bytes) && isValue(0) && peek() < 0;
}

/** The next byte that is no space, -1 at the end. */
function peek(): i32 {
  while (at < text.length) {
    const byte = <i32>text[at];
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return byte;
    at++;
  }
  return -1;
}

function isNext(byte: i32): bool {
  if (peek() != byte) return false;
  at++;
  return true;
}

function isValue(depth: i32): bool {
  if (depth > maxDepth) return false;
  switch (peek()) {
    case 0x22:
      return isString();
    case 0x7b:
      return isList(depth, 0x7d);
    case 0x5b:
      return isList(depth, 0x5d);
    case 0x74:
      return isWord("true");
    case 0x66:
      return isWord("false");
    case 0x6e:
      return isWord("null");
    default:
      return isNumber();
  }
}

/** An array or, where `end` is }, an object. */
function isList(depth: i32, end: i32): bool {
  at++;
  if (isNext(end)) return true;
  do {
    if (end == 0x7d && !(peek() == 0x22 && isString() && isNext(0x3a))) return false;
    if (!isValue(depth + 1)) return false;
  } while (isNext(0x2c));
  return isNext(end);
}

function isWord(word: string): bool {
  for (let i = 0; i < word.length; i++) if (byteAt(at++) != word.charCodeAt(i)) return false;
  return true;
}

function isString(): bool {
  at++;
  while (at < text.length) {
    const byte = <i32>text[at++];
    if (byte == 0x22) return true;
    if (byte < 0x20) return false;
    if (byte == 0x5c && !isEscape(byteAt(at++))) return false;
  }
  return false;
}

function isEscape(letter: i32): bool {
  if (letter != 0x75) return letter >= 0 && '"\\/bfnrt'.includes(String.fromCharCode(letter));
  for (let i = 0; i < 4; i++) {
    const byte = byteAt(at++);
    const small = byte | 0x20;
    if (!isDigit(byte) && (small < 0x61 || small > 0x66)) return false;
  }
  return true;
}

function isNumber(): bool {
  if (byteAt(at) == 0x2d) at++;
  if (byteAt(at) == 0x30) at++;
  else if (!areDigits()) return false;
  if (byteAt(at) == 0x2e) {
    at++;
    if (!areDigits()) return false;
  }
  if (byteAt(at) != 0x65 && byteAt(at) != 0x45) return true;
  at++;
  if (byteAt(at) == 0x2b || byteAt(at) == 0x2d) at++;
  return areDigits();
}

/** At least one, and all that follow. */
function areDigits(): bool {
  if (!isDigit(byteAt(at))) return false;
  while (isDigit(byteAt(at))) at++;
  return true;
}

function byteAt(index: i32): i32 {
  return index < text.length ? <i32>text[index] : -1;
}

function isDigit(byte: i32): bool {
  return byte >= 0x30 && byte <= 0x39;
}
