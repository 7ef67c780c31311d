import { functionWords } from "./word-list.ts";

const spans = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{M}]+)*|[\p{S}\p{Extended_Pictographic}]/gu;
/** Scripts that put no space between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/**
 * How often each word of a text occurs: lower-cased, English plurals as singulars, function words left out unless there
 * is nothing else. Empty for a blank text alone.
 */
export function countWords(text: string): ReadonlyMap<string, number> {
  const plain = text.normalize("NFKC").toLowerCase().replaceAll("’", "'");
  const words: string[] = [];
  for (const [span] of plain.matchAll(spans)) {
    if (!unspaced.test(span)) words.push(span);
    else for (const { segment } of segmentSpan(span)) words.push(segment);
  }
  const content = words.filter((word) => !functionWords.has(word)).map(toSingular);
  if (content.length > 0) return count(content);
  const rest = plain.trim();
  return count(words.length > 0 ? words : rest === "" ? [] : [rest]);
}

let segmenter: Intl.Segmenter | undefined;

/** A segmenter takes a millisecond to make, and most texts need none. */
function segmentSpan(span: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter("en", { granularity: "word" });
  return segmenter.segment(span);
}

function count(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** The S stemmer (Harman 1991, "How effective is suffixing?"). */
function toSingular(word: string): string {
  const plain = word.replace(/'s$/, "");
  if (!/^[a-z]{3,}s$/.test(plain)) return plain;
  if (plain.endsWith("ies")) return /[ae]ies$/.test(plain) ? plain : `${plain.slice(0, -3)}y`;
  if (plain.endsWith("es")) return /[aeo]es$/.test(plain) ? plain : plain.slice(0, -1);
  return /[us]s$/.test(plain) ? plain : plain.slice(0, -1);
}
