/** A rough quality of an answer where no model judges it; never mixed with scores of a rubric. */
import { listSentences } from "./sentences.ts";

const weights = { relevance: 0.3, coherence: 0.3, density: 0.4 } as const;
const sentenceWords = { from: 15, to: 25, end: 50 };
const wordCharacters = { from: 4, to: 6, end: 12 };
/** Keywords in 100 words that are as many as can be wished. */
const fullDensity = 20;
const words = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;

export type QualityQuestion = {
  readonly response: string;
  /** Cosine of prompt and answer. */
  readonly similarity: number;
  readonly keywords: readonly string[];
};

/** Q = 0.3·max(0, similarity) + 0.3·linguistic coherence + 0.4·density of keywords, from 0 to 1; 0 without words. */
export function measureHeuristicQuality({ response, similarity, keywords }: QualityQuestion): number {
  const found = response.match(words) ?? [];
  if (found.length === 0) return 0;
  const sentences = listSentences(response);
  const letters = found.reduce((sum, word) => sum + [...word].length, 0);
  const coherence =
    (trapezoid(found.length / Math.max(1, sentences.length), sentenceWords) +
      trapezoid(letters / found.length, wordCharacters)) /
    2;
  const density = Math.min(1, ((countOccurrences(response, keywords) / found.length) * 100) / fullDensity);
  return (
    weights.relevance * Math.min(1, Math.max(0, similarity)) +
    weights.coherence * coherence +
    weights.density * density
  );
}

/** 1 from `from` to `to`, linear from 0 below, and falling to 0 at `end`. */
function trapezoid(value: number, { from, to, end }: typeof sentenceWords): number {
  if (value < from) return value / from;
  return value <= to ? 1 : Math.max(0, (end - value) / (end - to));
}

function countOccurrences(text: string, keywords: readonly string[]): number {
  const lower = text.toLowerCase();
  const wanted = new Set(keywords.map((keyword) => keyword.toLowerCase()));
  return [...wanted].reduce((sum, keyword) => sum + lower.split(keyword).length - 1, 0);
}
