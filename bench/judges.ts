/** `bun run bench:judges`: what judging costs, each figure against its target. */
import { printFigures } from "./figures.ts";
import { measureAnswers } from "./judges/answers.ts";
import { measureConfidence } from "./judges/confidence.ts";
import { measureSimilarity } from "./judges/similarity.ts";

await printFigures(
  { answers: measureAnswers, similarity: measureSimilarity, confidence: measureConfidence },
  process.argv[2] ?? "",
);
