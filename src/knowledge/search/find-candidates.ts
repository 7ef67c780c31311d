import type { Queries } from "../../store/index.ts";
import type { Pace } from "../indexing/pace.ts";
import { numberOf, rangeOf, toKey } from "../keys.ts";
import { type AllowedChunks, findAllowed } from "./allowed-chunks.ts";
import type { EmbeddedQuestion, Searched } from "./embed-question.ts";
import { fuseRanks } from "./fuse.ts";
import type { QueryTerm } from "./query-terms.ts";
import { compareVectors, searchVectors } from "./vector-search.ts";
import { type CountedTerm, countTerms, searchWords, type WordHit } from "./word-search.ts";

/** A chunk that was found. */
export type Candidate = {
  readonly key: number;
  /** From 0 to 1; the best is 1 where both lists agree on it. */
  readonly value: number;
  /** Where its collection was searched by vectors. */
  readonly cosine?: number;
};

export type Found = {
  /** Best first. */
  readonly candidates: readonly Candidate[];
  /** Over all that was searched. */
  readonly terms: readonly CountedTerm[];
  readonly chunks: number;
  /** Chunks that filters let pass; all of them where there are none. */
  readonly allowed: number;
};

export type Plan = {
  readonly searched: readonly Searched[];
  readonly questions: ReadonlyMap<string, EmbeddedQuestion>;
  readonly terms: readonly QueryTerm[];
};

/** Of each way to search in one collection. */
const listLength = 100;

/** What words and vectors find, fused by reciprocal rank over all collections. */
export async function findCandidates(queries: Queries, plan: Plan, pace: Pace): Promise<Found> {
  const words: WordHit[] = [];
  const cosines = new Map<number, number>();
  const counted: (readonly CountedTerm[])[] = [];
  const withVectors = new Set<number>();
  let allowedChunks = 0;
  for (const { row, set, filter } of plan.searched) {
    const question = plan.questions.get(row.name);
    const allowed = filter && (await findAllowed(queries, row, filter, pace));
    allowedChunks += allowed?.count ?? row.chunks;
    const terms = await countTerms(queries, row, plan.terms);
    counted.push(terms);
    if (pace.isDue()) await pace.rest();
    const found = await searchWords(queries, row, terms, allowed);
    words.push(...found);
    if (pace.isDue()) await pace.rest();
    if (!question || !("vector" in question) || !set) continue;
    withVectors.add(row.id);
    const numbers = found.map(({ key }) => numberOf(key));
    const within = toLimits(allowed, pace);
    for (const hit of [
      ...(await searchVectors(queries, set, question.vector, within)),
      ...(await compareVectors(queries, set, question.vector, numbers)),
    ])
      cosines.set(toKey(row.id, hit.number), hit.cosine);
    if (pace.isDue()) await pace.rest();
  }
  return {
    candidates: fuse(words, cosines, withVectors),
    terms: addCounts(counted),
    chunks: plan.searched.reduce((sum, { row }) => sum + row.chunks, 0),
    allowed: allowedChunks,
  };
}

function toLimits(allowed: AllowedChunks | undefined, pace: Pace) {
  return { limit: listLength, pace, ...(allowed && { allowed }) };
}

function fuse(
  words: readonly WordHit[],
  cosines: ReadonlyMap<number, number>,
  withVectors: ReadonlySet<number>,
): readonly Candidate[] {
  const byWords = [...words].sort((one, other) => one.rank - other.rank || one.key - other.key);
  const byVectors = [...cosines].sort((one, other) => other[1] - one[1] || one[0] - other[0]);
  const lists = [byWords.map(({ key }) => key), byVectors.map(([key]) => key)];
  const values = fuseRanks(lists, (key) => (withVectors.has(rangeOf(key)) ? 2 : 1));
  const best = Math.max(0, ...fuseRanks([[0]], () => 1).values());
  return [...values]
    .map(([key, value]) => {
      const cosine = cosines.get(key);
      return { key, value: value / best, ...(cosine !== undefined && { cosine }) };
    })
    .sort((one, other) => other.value - one.value || one.key - other.key);
}

function addCounts(counted: readonly (readonly CountedTerm[])[]): readonly CountedTerm[] {
  const [first = [], ...others] = counted;
  return first.map((term, index) => {
    const rest = others.reduce((sum, terms) => sum + (terms[index]?.chunks ?? 0), 0);
    return { ...term, chunks: term.chunks + rest };
  });
}
