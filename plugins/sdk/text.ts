import { Json } from "./json";
import { makeString } from "./utf8";
import { isSpace } from "./words";

/** A number as people write it: `3` and `0.25`, where AssemblyScript's own text of an f64 is `3.0`. */
export function showNumber(value: f64): string {
  return Json.number(value).toString();
}

/** Characters as people count them, nearly: a code point is one, whatever it takes in memory. */
export function countCodePoints(text: string): i32 {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    const isLow = (text.charCodeAt(i) & 0xfc00) == 0xdc00;
    if (isLow && (text.charCodeAt(i - 1) & 0xfc00) == 0xd800) count--;
  }
  return count;
}

/** White space, and what has no width, is all there is. */
export function isBlank(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const unit = <u32>text.charCodeAt(i);
    const isInvisible = (unit >= 0x200b && unit <= 0x200f) || unit == 0x2060 || unit == 0xfeff;
    if (!isInvisible && unit > 0x20 && !isSpace(unit)) return false;
  }
  return true;
}

/** To so many places behind the point; for scores and metrics that people read. */
export function roundTo(value: f64, places: i32): f64 {
  const scale = 10 ** places;
  return Math.round(value * scale) / scale;
}

/**
 * Text of many parts. `+=` and `join` copy all there is for each part, and nothing is freed in a call: a loop of them runs
 * out of memory where this does not.
 */
export class TextBuilder {
  private units: StaticArray<u16> = new StaticArray<u16>(64);
  length: i32 = 0;

  add(text: string): this {
    const needed = this.length + text.length;
    if (needed > this.units.length) {
      const larger = new StaticArray<u16>(max(needed, this.units.length * 2));
      memory.copy(changetype<usize>(larger), changetype<usize>(this.units), (<usize>this.length) << 1);
      this.units = larger;
    }
    const end = changetype<usize>(this.units) + ((<usize>this.length) << 1);
    memory.copy(end, changetype<usize>(text), (<usize>text.length) << 1);
    this.length = needed;
    return this;
  }

  toString(): string {
    const text = makeString(this.length);
    memory.copy(changetype<usize>(text), changetype<usize>(this.units), (<usize>this.length) << 1);
    return text;
  }
}
