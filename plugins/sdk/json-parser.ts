import { parseDecimal } from "./decimal";
import { Json } from "./json";
import { decode, decodedBytes, makeString, storeUtf16 } from "./utf8";

/** Deeper texts are refused: the parser recurses. */
const maxDepth = 128;

let at: usize = 0;
let start: usize = 0;
let end: usize = 0;
/** What is wrong with the text. There are no exceptions: after a fault the end is reached at once and all calls return. */
let fault: string | null = null;

/** Null where the bytes are no JSON; `parseFault` says why. */
export function parseJson(bytes: ArrayBuffer): Json | null {
  start = changetype<usize>(bytes);
  at = start;
  end = start + <usize>bytes.byteLength;
  fault = null;
  const json = parseValue(0);
  skipSpace();
  if (at < end) refuse();
  return fault ? null : json;
}

export function parseFault(): string {
  const text = fault;
  return text ? text : "";
}

function refuse(): void {
  refuseWith("not JSON: unexpected byte or end at " + (at - start).toString());
}

function refuseWith(message: string): void {
  if (!fault) fault = message;
  at = end;
}

/** The byte at hand, 0 at the end. */
function peek(): u32 {
  return at < end ? <u32>load<u8>(at) : 0;
}

function skipSpace(): void {
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return;
  }
}

function parseValue(depth: i32): Json {
  skipSpace();
  const byte = peek();
  if (depth >= maxDepth && (byte == 0x7b || byte == 0x5b)) {
    refuseWith("JSON is nested deeper than " + maxDepth.toString());
    return Json.null();
  }
  switch (byte) {
    case 0x22:
      return Json.string(parseString());
    case 0x7b:
      return parseObject(depth);
    case 0x5b:
      return parseArray(depth);
    case 0x74:
      expectWord("true");
      return Json.bool(true);
    case 0x66:
      expectWord("false");
      return Json.bool(false);
    case 0x6e:
      expectWord("null");
      return Json.null();
    default:
      return Json.number(parseNumber());
  }
}

function expectWord(word: string): void {
  for (let i = 0; i < word.length; i++) {
    if (peek() != <u32>word.charCodeAt(i)) refuse();
    at++;
  }
}

function expectByte(byte: u32): void {
  if (peek() != byte) refuse();
  at++;
}

function parseObject(depth: i32): Json {
  const json = Json.object();
  at++;
  skipSpace();
  if (peek() == 0x7d) {
    at++;
    return json;
  }
  while (true) {
    skipSpace();
    if (peek() != 0x22) refuse();
    const key = parseString();
    skipSpace();
    expectByte(0x3a);
    json.put(key, parseValue(depth + 1));
    skipSpace();
    if (fault || peek() == 0x7d) break;
    expectByte(0x2c);
  }
  at++;
  return json;
}

function parseArray(depth: i32): Json {
  const json = Json.array();
  at++;
  skipSpace();
  if (peek() == 0x5d) {
    at++;
    return json;
  }
  while (true) {
    json.push(parseValue(depth + 1));
    skipSpace();
    if (fault || peek() == 0x5d) break;
    expectByte(0x2c);
  }
  at++;
  return json;
}

/** Measures first, so that the text is allocated once and has its exact length. */
function parseString(): string {
  at++;
  const first = at;
  let units: usize = 0;
  while (true) {
    const byte = peek();
    if (byte == 0x22) break;
    if (byte < 0x20) {
      refuse();
      return "";
    }
    if (byte == 0x5c) skipEscape();
    else if (byte < 0x80) at++;
    else units += skipCodePoint();
    units++;
  }
  const last = at++;
  const text = makeString(units);
  const to = changetype<usize>(text);
  if (units == last - first) widen(first, last, to);
  else resolveEscapes(first, last, to);
  return text;
}

function skipEscape(): void {
  at++;
  const byte = peek();
  if (byte == 0x75) {
    for (let i: usize = 1; i <= 4; i++) if (at + i >= end || hexValue(load<u8>(at + i)) < 0) refuse();
    at += 5;
    return;
  }
  if (shortEscape(byte) == 0) refuse();
  at++;
}

/** 1 where the code point takes two units. */
function skipCodePoint(): usize {
  const code = decode(at, end);
  if (code < 0) refuseWith("not UTF-8 at byte " + (at - start).toString());
  else at += decodedBytes;
  return code > 0xffff ? 1 : 0;
}

function widen(from: usize, last: usize, to: usize): void {
  for (; from < last; from++, to += 2) store<u16>(to, <u16>load<u8>(from));
}

function resolveEscapes(from: usize, last: usize, to: usize): void {
  while (from < last) {
    const byte = <u32>load<u8>(from);
    if (byte >= 0x80) {
      to = storeUtf16(to, decode(from, last));
      from += decodedBytes;
      continue;
    }
    let unit = byte;
    if (byte == 0x5c) {
      from++;
      const letter = <u32>load<u8>(from);
      unit = shortEscape(letter);
      if (letter == 0x75) {
        unit = 0;
        for (let i: usize = 1; i <= 4; i++) unit = (unit << 4) | hexValue(load<u8>(from + i));
        from += 4;
      }
    }
    from++;
    store<u16>(to, unit);
    to += 2;
  }
}

/** 0 where it is no escape of one letter. */
function shortEscape(byte: u32): u32 {
  switch (byte) {
    case 0x22:
    case 0x5c:
    case 0x2f:
      return byte;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return 0;
  }
}

/** -1 where it is no digit. */
function hexValue(byte: u32): i32 {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function isDigit(byte: u32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

function skipDigits(): void {
  if (!isDigit(peek())) refuse();
  while (isDigit(peek())) at++;
}

function parseNumber(): f64 {
  const first = at;
  if (peek() == 0x2d) at++;
  if (peek() == 0x30) at++;
  else skipDigits();
  if (peek() == 0x2e) {
    at++;
    skipDigits();
  }
  if ((peek() | 0x20) == 0x65) {
    at++;
    if (peek() == 0x2b || peek() == 0x2d) at++;
    skipDigits();
  }
  return fault ? 0 : parseDecimal(first, at);
}
