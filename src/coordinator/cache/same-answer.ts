import { likenessOf } from "./embed-texts.ts";

/** Answers that are less alike do not say the same. */
export const sameAnswerCosine = 0.9;

/**
 * Whether two answers say the same: the same text but for spacing, or so alike in meaning with the same numbers in any order. In doubt
 * they do not, so that the share of wrong hits is told too high rather than too low.
 */
export async function saySame(
  first: string,
  second: string,
  embed: (texts: readonly string[]) => Promise<readonly Float32Array[]>,
): Promise<boolean> {
  if (withoutSpacing(first) === withoutSpacing(second)) return true;
  if (toNumbers(first) !== toNumbers(second)) return false;
  const [left, right] = await embed([first, second]);
  return left !== undefined && right !== undefined && likenessOf(left, right) >= sameAnswerCosine;
}

function withoutSpacing(text: string): string {
  return text.normalize("NFC").replace(/\s+/g, " ").trim();
}

function toNumbers(text: string): string {
  return (text.normalize("NFKC").match(/\d+(?:[.,]\d+)*/g) ?? []).sort().join(" ");
}
