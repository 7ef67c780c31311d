import { roundTo, Words } from "hearth-sdk";

/** Takes off what binary fractions add, as 0.5 + 0.2 + 0.1 has it. */
const decimals = 9;

/**
 * The score of an earlier system, kept for what was stored with it: 0.5, and 0.2 with a piece between full stops that is
 * not blank, 0.1 with two such lines, 0.1 with 51 to 4,999 bytes, 0.1 times the share of different words. Not blank texts
 * only: that system made NaN of them.
 */
export function scoreLegacy(text: string): f64 {
  const bytes = String.UTF8.byteLength(text);
  const words = new Words([text], true);
  let score: f64 = 0.5;
  if (hasPiece(text)) score += 0.2;
  if (countLines(text) > 1) score += 0.1;
  if (bytes > 50 && bytes < 5000) score += 0.1;
  if (words.count > 0) score += (0.1 * countDistinct(words.number())) / <f64>words.count;
  return roundTo(Math.min(1, score), decimals);
}

function hasPiece(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit != 0x2e && unit > 0x20) return true;
  }
  return false;
}

/** Lines that are not blank. */
function countLines(text: string): i32 {
  let lines = 0;
  let isBlank = true;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit == 0x0a) isBlank = true;
    else if (unit > 0x20 && isBlank) {
      lines++;
      isBlank = false;
    }
  }
  return lines;
}

/** The numbers of words begin at 0 and leave none out. */
function countDistinct(numbers: StaticArray<i32>): f64 {
  let last = -1;
  for (let i = 0; i < numbers.length; i++) last = max(last, numbers[i]);
  return <f64>(last + 1);
}
