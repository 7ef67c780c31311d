import { countCodePoints, roundTo } from "hearth-sdk";

const reusableWords: StaticArray<string> = ["how to", "best practice", "configure", "setup", "install"];
const fullLength: f64 = 2000;

/** Places behind the point. */
export const precision = 4;

/** 0 to 0.4. */
export function outcomeOf(outcome: string): f64 {
  if (outcome == "success") return 0.4;
  return outcome == "partial" ? 0.2 : 0;
}

/** 0 to 0.2 of -1, 0 or 1. */
export function feedbackOf(feedback: f64): f64 {
  return 0.1 * (feedback + 1);
}

/** 0 to 0.2: 0.2 · min(1, 0.1 · n80 + 0.2 · keywords), each keyword counted once and in any case. */
export function reusabilityOf(query: string, n80: f64): f64 {
  const folded = query.toLowerCase();
  let keywords = 0;
  for (let i = 0; i < reusableWords.length; i++) if (folded.includes(reusableWords[i])) keywords++;
  return roundTo(0.2 * min(1.0, 0.1 * n80 + 0.2 * <f64>keywords), precision);
}

/** 0 to 0.1: 0.1 · min(1, 0.1 · ("1." + "2." + "3.") + 0.15 · "```" + 0.5 · min(length / 2000, 1)). */
export function complexityOf(response: string): f64 {
  const steps = countOf(response, "1.") + countOf(response, "2.") + countOf(response, "3.");
  const fences = countOf(response, "```");
  const length = min(1.0, <f64>countCodePoints(response) / fullLength);
  return roundTo(0.1 * min(1.0, 0.1 * <f64>steps + 0.15 * <f64>fences + 0.5 * length), precision);
}

/** 0.01 to 0.1, less the more past queries are nearly the same. */
export function noveltyOf(n90: f64): f64 {
  if (n90 == 0) return 0.1;
  if (n90 < 3) return 0.07;
  return n90 < 10 ? 0.04 : 0.01;
}

function countOf(text: string, part: string): i32 {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count++;
  return count;
}
