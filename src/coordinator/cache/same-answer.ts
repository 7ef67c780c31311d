import { likenessOf } from "./embed-texts.ts";

/** Answers that are less alike do not say the same. */
export const sameAnswerCosine = 0.9;

/** A longer answer is compared part by part: the meaning of all of it hides what one sentence says otherwise. */
const partCharacters = 1_000;

/**
 * Whether two answers say the same: the same text but for spacing, or the same numbers in any order and in both for each
 * part one in the other that is so alike in meaning. In doubt they do not, so that the share of wrong hits is told too
 * high rather than too low.
 */
export async function saySame(
  first: string,
  second: string,
  embed: (texts: readonly string[]) => Promise<readonly Float32Array[]>,
): Promise<boolean> {
  const [one, other] = [withoutSpacing(first), withoutSpacing(second)];
  if (one === other) return true;
  if (toNumbers(first) !== toNumbers(second)) return false;
  const parts = toParts(one);
  const vectors = await embed([...parts, ...toParts(other)]);
  const [left, right] = [vectors.slice(0, parts.length), vectors.slice(parts.length)];
  return isFoundIn(left, right) && isFoundIn(right, left);
}

function isFoundIn(parts: readonly Float32Array[], others: readonly Float32Array[]): boolean {
  return (
    parts.length > 0 &&
    parts.every((part) => others.some((other) => likenessOf(part, other) >= sameAnswerCosine))
  );
}

/** As long as may be, cut behind a sentence where one ends in the second half. */
function toParts(text: string): readonly string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length; ) {
    const piece = text.slice(start, start + partCharacters);
    const isLast = start + piece.length === text.length;
    const sentence = isLast ? piece.length : piece.search(/[.!?。！？] ?[^.!?。！？]*$/u) + 1;
    const length = sentence > partCharacters / 2 ? sentence : piece.length;
    parts.push(text.slice(start, start + length).toWellFormed());
    start += length;
  }
  return parts;
}

function withoutSpacing(text: string): string {
  return text.normalize("NFC").replace(/\s+/g, " ").trim();
}

function toNumbers(text: string): string {
  return (text.normalize("NFKC").match(/\d+(?:[.,]\d+)*/g) ?? []).sort().join(" ");
}
