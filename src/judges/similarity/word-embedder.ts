/**
 * Likeness by the words that two texts share. A word is a fixed direction of random signs, so that two words are all
 * but at right angles (Achlioptas 2003, "Database-friendly random projections"): with 1,024 signs the cosine of texts
 * without a common word is 0 with a standard deviation of 0.03. Word order does not count.
 */
import { AppError } from "../../base/index.ts";
import { createXoshiro128 } from "../statistics/random.ts";
import type { Embedder } from "./embedder.ts";
import { countWords } from "./words.ts";

export const wordDimension = 1_024;
/** Of one text, in UTF-16 units: a third of a second of work where no word occurs twice. */
export const maxTextLength = 200_000;
/** Words whose directions are kept, of 1 KiB each; beyond them all are drawn anew. */
const maxKnownWords = 4_096;
/** After so many units of text others get their turn. */
const turnLength = 20_000;

export function createWordEmbedder(): Embedder {
  return {
    name: "words",
    async embed(texts, signal) {
      const vectors = new Map<string, Float32Array>();
      let worked = 0;
      for (const [index, text] of texts.entries()) {
        signal.throwIfAborted();
        if (vectors.has(text)) continue;
        if (text.length > maxTextLength) {
          const message = `text ${index} has ${text.length} characters; ${maxTextLength} is the most that can be compared`;
          throw new AppError("invalid_request", message, { details: { index, max: maxTextLength } });
        }
        vectors.set(text, embedWords(text));
        worked += text.length;
        if (worked < turnLength) continue;
        worked = 0;
        await Bun.sleep(0);
      }
      return texts.map((text) => vectors.get(text) ?? new Float32Array(wordDimension));
    },
  };
}

/** Each word weighs 1 + ln(how often it occurs): saying it ten times is not ten times as much about it. */
function embedWords(text: string): Float32Array {
  const sums = new Float64Array(wordDimension);
  for (const [word, occurrences] of countWords(text)) {
    const signs = signsOf(word);
    const weight = 1 + Math.log(occurrences);
    for (let index = 0; index < wordDimension; index++)
      sums[index] = (sums[index] as number) + weight * (signs[index] as number);
  }
  let squares = 0;
  for (let index = 0; index < wordDimension; index++) squares += (sums[index] as number) ** 2;
  const vector = new Float32Array(wordDimension);
  if (squares === 0) return vector;
  const length = Math.sqrt(squares);
  for (let index = 0; index < wordDimension; index++) vector[index] = (sums[index] as number) / length;
  return vector;
}

const knownSigns = new Map<string, Int8Array>();

/** The direction of a word: 1 or −1 in each dimension. */
function signsOf(word: string): Int8Array {
  const known = knownSigns.get(word);
  if (known) return known;
  const signs = drawSigns(word);
  if (knownSigns.size >= maxKnownWords) knownSigns.clear();
  knownSigns.set(word, signs);
  return signs;
}

function drawSigns(word: string): Int8Array {
  const hash = Bun.hash.xxHash64(word);
  const state = [hash & 0xffffffffn, hash >> 32n, 0x9e3779b9n, 0x7f4a7c15n].map(Number);
  const next = createXoshiro128(Uint32Array.from(state));
  const signs = new Int8Array(wordDimension);
  for (let index = 0; index < wordDimension; index += 32) {
    const bits = next();
    for (let bit = 0; bit < 32; bit++) signs[index + bit] = (bits >>> bit) & 1 ? 1 : -1;
  }
  return signs;
}
