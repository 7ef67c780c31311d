import type { Embedder } from "../similarity/embedder.ts";
import type { Score } from "../statistics/score.ts";
import { exactMatchRate, majorityRate } from "./closed-answers.ts";
import {
  consistencyOfDistances,
  distancesOf,
  type LegacyBand,
  legacyBand,
  legacyConsistencyOf,
} from "./consistency.ts";

/** How much the answers to one prompt agree, by all measures. */
export type AnswerConsistency = {
  readonly answers: number;
  /** What told how alike they are. */
  readonly embedder: string;
  readonly consistency: Score;
  readonly legacyC: Score;
  readonly legacyBand?: LegacyBand;
  readonly exactMatch: Score;
  readonly majority: Score;
};

/** Compares all answers to one prompt, in whichever order. Throws what the embedder throws. */
export async function measureAnswers(
  embedder: Embedder,
  answers: readonly string[],
  signal: AbortSignal,
): Promise<AnswerConsistency> {
  const vectors = answers.length > 1 ? await embedder.embed(answers, signal) : [];
  const distances = distancesOf(vectors);
  const legacyC = legacyConsistencyOf(distances);
  return {
    ...{ answers: answers.length, embedder: embedder.name },
    ...{ consistency: consistencyOfDistances(distances), legacyC },
    ...(legacyC.scored && { legacyBand: legacyBand(legacyC.value) }),
    ...{ exactMatch: exactMatchRate(answers), majority: majorityRate(answers) },
  };
}
