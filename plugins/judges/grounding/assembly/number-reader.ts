import { isWordUnit } from "hearth-sdk";
import { isDigit, isWord, unitAt } from "./words";

/**
 * Reads a number of a text: 1,000 is 1000, 1.50 is 1.5, 5 % is a percentage, 2 million is 2000000. A minus counts where
 * nothing but a space or a bracket stands before it, so that 2020-2021 has no negative year.
 */
export class NumberReader {
  value: f64 = 0;
  isPercent: bool = false;
  /** The first unit behind what was read. */
  end: i32 = 0;

  constructor(
    private start: usize,
    private length: i32,
  ) {}

  /** `at` is the place of a digit. */
  read(at: i32): void {
    const isNegative = this.hasMinus(at);
    let mantissa: f64 = 0;
    let scale: f64 = 1;
    let isFraction = false;
    for (; at < this.length; at++) {
      const unit = unitAt(this.start, at);
      if (isDigit(unit)) {
        mantissa = mantissa * 10 + <f64>(unit - 0x30);
        if (isFraction) scale *= 10;
      } else if (unit == 0x2e && !isFraction && this.digitsAt(at + 1) > 0) isFraction = true;
      else if (unit != 0x2c || isFraction || this.digitsAt(at + 1) != 3) break;
    }
    this.end = at;
    this.isPercent = this.readPercent();
    const factor = this.isPercent ? 1 : this.readFactor();
    const magnitude = isFinite(scale) ? (mantissa * factor) / scale : mantissa;
    this.value = isNegative ? -magnitude : magnitude;
  }

  private hasMinus(at: i32): bool {
    if (at == 0) return false;
    const unit = unitAt(this.start, at - 1);
    if (unit != 0x2d && unit != 0x2212) return false;
    if (at == 1) return true;
    const before = unitAt(this.start, at - 2);
    return before <= 0x20 || before == 0x28 || before == 0x3d;
  }

  /** 4 stands for more than 3. */
  private digitsAt(at: i32): i32 {
    let count = 0;
    while (count < 4 && at + count < this.length && isDigit(unitAt(this.start, at + count))) count++;
    return count;
  }

  private readPercent(): bool {
    const at = this.skipSpaces(this.end);
    if (at < this.length && unitAt(this.start, at) == 0x25) {
      this.end = at + 1;
      return true;
    }
    if (this.takeWord("percent")) return true;
    const end = this.end;
    if (this.takeWord("per") && this.takeWord("cent")) return true;
    this.end = end;
    return false;
  }

  private readFactor(): f64 {
    if (this.takeWord("thousand")) return 1e3;
    if (this.takeWord("million")) return 1e6;
    return this.takeWord("billion") ? 1e9 : 1;
  }

  private takeWord(word: string): bool {
    const at = this.skipSpaces(this.end);
    const end = at + word.length;
    if (end > this.length || !isWord(this.start + ((<usize>at) << 1), word.length, word)) return false;
    if (end < this.length && isWordUnit(unitAt(this.start, end))) return false;
    this.end = end;
    return true;
  }

  private skipSpaces(at: i32): i32 {
    const most = min(this.length, at + 2);
    while (at < most && (unitAt(this.start, at) == 0x20 || unitAt(this.start, at) == 0xa0)) at++;
    return at;
  }
}
