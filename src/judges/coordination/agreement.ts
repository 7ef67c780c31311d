/** How alike the texts of a team are. None of it depends on the order of agents who answer side by side. */
import { AppError, toAppError } from "../../base/index.ts";
import { cosine } from "../similarity/cosine.ts";
import type { Embedder } from "../similarity/embedder.ts";
import type { Unscored } from "../verdict.ts";
import type { AgentAnswer } from "./strategies/strategy.ts";

/** Above this an answer says nothing that another has not said. */
const sameTextSimilarity = 0.95;

/** Undefined for a text that could not be embedded. */
export type Vectors = readonly (Float32Array | undefined)[];

export type Consensus = {
  /** From −1 to 1; absent where no pair could be compared. */
  readonly rate?: number;
  readonly pairs: number;
  readonly pairsFailed: number;
};

export type Redundancy = {
  /** Mean cosine of all pairs of answers; absent for fewer than two. */
  readonly meanSimilarity?: number;
  /** Share of calls whose answer another had given already, from 0 to 1. */
  readonly addingNothing: number;
};

/** Embeds the texts, one by one where all together fail; what cannot be embedded is told of. Throws on abort. */
export async function embedTexts(
  embedder: Embedder,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly vectors: Vectors; readonly unscored: readonly Unscored[] }> {
  try {
    return { vectors: await embedder.embed(texts, signal), unscored: [] };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
  }
  const vectors: (Float32Array | undefined)[] = [];
  const unscored: Unscored[] = [];
  for (const [index, text] of texts.entries()) {
    try {
      vectors.push((await embedder.embed([text], signal))[0]);
    } catch (error) {
      signal.throwIfAborted();
      vectors.push(undefined);
      unscored.push({ name: `similarity[${index}]`, reason: toAppError(error).message });
    }
  }
  return { vectors, unscored };
}

/** Mean cosine of all pairs of final positions; 1 for fewer than two. A pair that failed is left out and counted. */
export function measureConsensus(positions: Vectors): Consensus {
  const pairs = (positions.length * (positions.length - 1)) / 2;
  if (pairs === 0) return { rate: 1, pairs, pairsFailed: 0 };
  const cosines = cosinesOf(positions);
  const rate = meanOf(cosines);
  return { ...(rate !== undefined && { rate }), pairs, pairsFailed: pairs - cosines.length };
}

/** `answers` in the order of their stages, each with its vector. */
export function measureRedundancy(answers: readonly AgentAnswer[], vectors: Vectors): Redundancy {
  const meanSimilarity = meanOf(cosinesOf(vectors));
  const stages = Map.groupBy(answers.keys(), (index) => answers[index]?.stage ?? 0);
  let earlier: readonly Float32Array[] = [];
  let repeated = 0;
  for (const [, indexes] of [...stages].toSorted(([left], [right]) => left - right)) {
    const own = indexes.flatMap((index) => vectors[index] ?? []);
    const fresh = own.filter((vector) => !earlier.some((other) => isSame(vector, other)));
    repeated += own.length - countGroups(fresh);
    earlier = [...earlier, ...own];
  }
  const addingNothing = answers.length === 0 ? 0 : repeated / answers.length;
  return { ...(meanSimilarity !== undefined && { meanSimilarity }), addingNothing };
}

/** Groups of vectors that are the same, directly or by way of others: which comes first makes no difference. */
function countGroups(vectors: readonly Float32Array[]): number {
  let left = [...vectors];
  let groups = 0;
  while (left.length > 0) {
    groups += 1;
    let found = left.slice(0, 1);
    left = left.slice(1);
    while (found.length > 0) {
      const reached = left.filter((vector) => found.some((other) => isSame(vector, other)));
      left = left.filter((vector) => !reached.includes(vector));
      found = reached;
    }
  }
  return groups;
}

function isSame(first: Float32Array, second: Float32Array): boolean {
  return cosine(first, second) > sameTextSimilarity;
}

/** Of the pairs of which both could be embedded. */
function cosinesOf(vectors: Vectors): readonly number[] {
  const known = vectors.flatMap((vector) => vector ?? []);
  return known.flatMap((first, index) => known.slice(index + 1).map((second) => cosine(first, second)));
}

/** Smallest first, so that the order of the values does not change the sum by rounding. */
function meanOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return (
    values.toSorted((left, right) => left - right).reduce((sum, value) => sum + value, 0) / values.length
  );
}
