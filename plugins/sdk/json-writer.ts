import { codePointAt, encode, isSurrogate, Utf8Writer } from "./utf8";

const hexDigits = "0123456789abcdef";
/** Whole numbers below it are exact as f64 and are written without a point or an exponent. */
const safeInteger: f64 = 9007199254740992;

/** JSON.parse reads the same number back. NaN and the infinities are null: JSON has none. */
export function writeNumber(to: Utf8Writer, value: f64): void {
  if (!isFinite(value)) {
    to.text("null");
  } else if (trunc(value) == value && abs(value) < safeInteger) {
    writeInteger(to, <i64>value);
  } else {
    const text = value.toString();
    to.text(text.endsWith(".0") ? text.substring(0, text.length - 2) : text);
  }
}

function writeInteger(to: Utf8Writer, value: i64): void {
  if (value < 0) {
    to.byte(0x2d);
    value = -value;
  }
  let digits = 1;
  for (let rest = value / 10; rest > 0; rest /= 10) digits++;
  let at = to.reserve(digits) + digits;
  to.length += digits;
  do {
    at--;
    store<u8>(at, 0x30 + (value % 10));
    value /= 10;
  } while (value > 0);
}

/** With quotes. A lone half of a surrogate pair is escaped, so that what is written is UTF-8 and loses nothing. */
export function writeString(to: Utf8Writer, text: string): void {
  const units = <usize>text.length;
  const from = changetype<usize>(text);
  // A unit takes at most six bytes, as an escape.
  const start = to.reserve(units * 6 + 2);
  let at = start;
  store<u8>(at++, 0x22);
  for (let i: usize = 0; i < units; i++) {
    const unit = <u32>load<u16>(from + (i << 1));
    if (unit >= 0x80) {
      const code = codePointAt(from, i, units);
      if (code > 0xffff) i++;
      at = isSurrogate(code) ? escapeUnit(at, code) : encode(at, code);
    } else if (unit >= 0x20 && unit != 0x22 && unit != 0x5c) {
      store<u8>(at++, unit);
    } else {
      at = escapeAscii(at, unit);
    }
  }
  store<u8>(at++, 0x22);
  to.length += at - start;
}

function escapeAscii(at: usize, unit: u32): usize {
  let short: u32 = 0;
  if (unit == 0x22 || unit == 0x5c) short = unit;
  else if (unit == 0x0a) short = 0x6e;
  else if (unit == 0x0d) short = 0x72;
  else if (unit == 0x09) short = 0x74;
  else if (unit == 0x08) short = 0x62;
  else if (unit == 0x0c) short = 0x66;
  if (short == 0) return escapeUnit(at, unit);
  store<u8>(at, 0x5c);
  store<u8>(at, short, 1);
  return at + 2;
}

function escapeUnit(at: usize, unit: u32): usize {
  store<u16>(at, 0x755c);
  for (let i: u32 = 0; i < 4; i++) {
    store<u8>(at + 2 + i, hexDigits.charCodeAt((unit >> (12 - 4 * i)) & 15));
  }
  return at + 6;
}
