import { pairwiseCosines } from "../../src/judges/similarity/cosine.ts";
import { createWordEmbedder } from "../../src/judges/similarity/word-embedder.ts";
import type { Figure } from "../figures.ts";
import { createRandom } from "../random.ts";
import { median } from "../statistics.ts";
import { commonWords } from "../words.ts";

const answers = 1_000;
const wordsEach = 60;
const runs = 5;
const maxMs = 1_000;

/** Every pair of 1,000 answers, from their texts to 499,500 similarities. */
export async function measureSimilarity(): Promise<readonly Figure[]> {
  const random = createRandom(1);
  const word = () => commonWords[Math.floor(random() * commonWords.length)] ?? "";
  const texts = Array.from({ length: answers }, () => Array.from({ length: wordsEach }, word).join(" "));
  const embedder = createWordEmbedder();
  const signal = new AbortController().signal;
  const timesMs: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const startedMs = performance.now();
    pairwiseCosines(await embedder.embed(texts, signal));
    timesMs.push(performance.now() - startedMs);
  }
  const ms = median(timesMs);
  return [
    {
      name: `similarity of each pair of ${answers} answers by their words`,
      value: `${ms.toFixed(0)} ms`,
      target: `<= ${maxMs} ms`,
      isReached: ms <= maxMs,
    },
  ];
}
