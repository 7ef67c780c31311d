import type { NewDocument } from "../../src/knowledge/index.ts";
import { createRandom } from "../random.ts";
import { commonWords } from "../words.ts";

const vocabularyWords = 40_000;
const wordsEach = 160;
const chunksEach = 10;
/** Texts of one subject have vectors that lie together. */
const clusters = 500;
/** Of a vector's noise against its cluster's direction. */
const spread = 0.9;
/** By which vectors of real models lean to one side. */
const lean = 0.5;

/** A corpus of `count` chunks whose words are as unevenly frequent as in real texts (Zipf). */
export function* makeDocuments(count: number): Generator<NewDocument> {
  const random = createRandom(1);
  const vocabulary = makeVocabulary(random);
  for (let start = 0; start < count; start += chunksEach) {
    const chunks = Array.from({ length: Math.min(chunksEach, count - start) }, (_, index) => ({
      text: Array.from({ length: wordsEach }, () => pickWord(vocabulary, random)).join(" "),
      startLine: index * 40 + 1,
      endLine: index * 40 + 40,
    }));
    const source = `src/${pickWord(vocabulary, random)}/${start / chunksEach}.ts`;
    yield { source, root: "/bench", chunks, contentHash: source, attributes: { language: "typescript" } };
  }
}

/** Questions of a few words: most of them telling, some of them common. */
export function makeQuestions(count: number): readonly string[] {
  const vocabulary = makeVocabulary(createRandom(1));
  const random = createRandom(2);
  return Array.from({ length: count }, () => {
    const common = vocabulary[Math.floor(random() * 20)] ?? "";
    const telling = Array.from({ length: 4 }, () => vocabulary[50 + Math.floor(random() * 20_000)] ?? "");
    return `how does the ${common} ${telling.join(" ")}`;
  });
}

/** A source of vectors of length 1: points around centres, all shifted to one side. */
export function createVectors(dimension: number, seed: number): () => Float32Array {
  const fixed = createRandom(3);
  const centres = Array.from({ length: clusters }, () => gaussian(dimension, fixed));
  const shift = gaussian(dimension, fixed);
  const random = createRandom(seed);
  return () => {
    const centre = centres[Math.floor(random() * clusters)] ?? shift;
    const noise = gaussian(dimension, random);
    return toUnit(
      noise.map((value, index) => (centre[index] ?? 0) + spread * value + lean * (shift[index] ?? 0)),
    );
  };
}

function makeVocabulary(random: () => number): readonly string[] {
  const words = [...commonWords];
  const pick = () => commonWords[Math.floor(random() * commonWords.length)] ?? "";
  while (words.length < vocabularyWords) {
    const second = pick();
    const isIdentifier = random() < 0.3;
    words.push(pick() + (isIdentifier ? second.charAt(0).toUpperCase() + second.slice(1) : second));
  }
  return words;
}

/** The word of rank r is about 1/r as frequent as the first. */
function pickWord(vocabulary: readonly string[], random: () => number): string {
  const rank = Math.floor(Math.exp(random() * Math.log(vocabulary.length)));
  return vocabulary[Math.min(vocabulary.length, rank) - 1] ?? "";
}

/** Box and Muller 1958. */
function gaussian(dimension: number, random: () => number): Float32Array {
  return Float32Array.from(
    { length: dimension },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

function toUnit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / length);
}
