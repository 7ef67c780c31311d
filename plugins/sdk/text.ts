import { Json } from "./json";

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

/** To so many places behind the point; for scores and metrics that people read. */
export function roundTo(value: f64, places: i32): f64 {
  const scale = 10 ** places;
  return Math.round(value * scale) / scale;
}
