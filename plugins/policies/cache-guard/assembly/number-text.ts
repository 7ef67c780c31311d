/** Digits of a text and how many units they take there. */
export class Digits {
  constructor(
    /** Without separators and zeros that say nothing: "1,050.50" is "1050.5". A text, for numbers of any length. */
    public value: string,
    public length: i32,
  ) {}
}

/** `at` is the place of a digit; a minus before it counts where no digit or letter stands before the minus. */
export function readDigits(text: string, at: i32): Digits {
  const start = at;
  let point = -1;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit == 0x2e && point < 0 && countDigits(text, at + 1) > 0) point = at;
    else if (unit == 0x2c && point < 0 && countDigits(text, at + 1) == 3) continue;
    else if (unit < 0x30 || unit > 0x39) break;
  }
  const whole = withoutZeros(text.substring(start, point < 0 ? at : point).replaceAll(",", ""));
  let end = at;
  while (point >= 0 && text.charCodeAt(end - 1) == 0x30) end--;
  const value = point < 0 || end == point + 1 ? whole : whole + text.substring(point, end);
  return new Digits(hasMinus(text, start) ? "-" + value : value, at - start);
}

/** The last digit stays. */
function withoutZeros(digits: string): string {
  let from = 0;
  while (from < digits.length - 1 && digits.charCodeAt(from) == 0x30) from++;
  return digits.substring(from);
}

function hasMinus(text: string, at: i32): bool {
  if (at == 0 || (text.charCodeAt(at - 1) != 0x2d && text.charCodeAt(at - 1) != 0x2212)) return false;
  return at == 1 || text.charCodeAt(at - 2) <= 0x20 || text.charCodeAt(at - 2) == 0x28;
}

/** 4 stands for more than 3. */
function countDigits(text: string, at: i32): i32 {
  let count = 0;
  while (count < 4 && at + count < text.length) {
    const unit = text.charCodeAt(at + count);
    if (unit < 0x30 || unit > 0x39) break;
    count++;
  }
  return count;
}
