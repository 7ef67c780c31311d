import { sql } from "kysely";
import type { Queries } from "../../store/index.ts";
import type { CollectionRow } from "../collections/collection-rows.ts";
import { numberOf, rowsOf, toKey } from "../keys.ts";
import { type AllowedChunks, isAllowed } from "./allowed-chunks.ts";
import type { QueryTerm } from "./query-terms.ts";

/** A term, and in about how many of a collection's chunks it stands. */
export type CountedTerm = QueryTerm & { readonly chunks: number };

/** A lower rank is better, as FTS5 gives it. */
export type WordHit = { readonly key: number; readonly rank: number };

/** Rows that a term is counted in before the rest is estimated. */
const countedRows = 1_000;
/** Rows that one statement ranks: less than ten milliseconds. Words that stand in more are left to rarer ones. */
const rankedRows = 8_000;
/** A word of the path tells more of what a text is about than one in it, and its column is short. */
const sourceWeight = 4;
/** Best ones of a collection. */
export const maxWordHits = 100;

/** How often each term stands in a collection: exactly where it is rare, else as often as in the part that was read. */
export async function countTerms(
  queries: Queries,
  { id, chunks, next_number }: CollectionRow,
  terms: readonly QueryTerm[],
): Promise<readonly CountedTerm[]> {
  const { from, to } = rowsOf(id);
  const counted: CountedTerm[] = [];
  for (const term of terms) {
    const { rows } = await sql<{ readonly found: number; readonly last: number | null }>`
      select count(*) as found, max(rowid) as last from (
        select rowid from chunk_words
        where chunk_words match ${term.phrase} and rowid >= ${from} and rowid < ${to} limit ${countedRows}
      )`.execute(queries);
    const { found = 0, last = null } = rows[0] ?? {};
    const isWhole = found < countedRows || last === null;
    const estimate = isWhole ? found : Math.round((found * next_number) / (numberOf(last) + 1));
    counted.push({ ...term, chunks: Math.min(chunks, Math.max(found, estimate)) });
  }
  return counted;
}

/** The chunks that hold the rarer of these terms, best first by BM25. */
export async function searchWords(
  queries: Queries,
  collection: CollectionRow,
  terms: readonly CountedTerm[],
  allowed: AllowedChunks | undefined,
): Promise<readonly WordHit[]> {
  const chosen = chooseTerms(terms);
  if (chosen.length === 0 || allowed?.count === 0) return [];
  const from = toKey(collection.id, allowed?.ranges.at(0)?.from ?? 0);
  const to = toKey(collection.id, allowed?.ranges.at(-1)?.to ?? collection.next_number);
  const match = chosen.map(({ phrase }) => phrase).join(" OR ");
  const limit = allowed === undefined ? maxWordHits : rankedRows;
  const { rows } = await sql<WordHit>`select key, rank from (
      select rowid as key, bm25(chunk_words, 1.0, 0.5, ${sourceWeight}) as rank from chunk_words
      where chunk_words match ${match} and rowid >= ${from} and rowid < ${to} limit ${rankedRows}
    ) order by rank limit ${limit}`.execute(queries);
  if (allowed === undefined) return rows;
  return rows.filter(({ key }) => isAllowed(allowed, numberOf(key))).slice(0, maxWordHits);
}

/** The rarest ones, as many as can be ranked at once; at least one. */
function chooseTerms(terms: readonly CountedTerm[]): readonly CountedTerm[] {
  let rows = 0;
  return terms
    .filter(({ chunks }) => chunks > 0)
    .sort((one, other) => one.chunks - other.chunks)
    .filter(({ chunks }, index) => {
      rows += chunks;
      return index === 0 || rows <= rankedRows;
    });
}

/** How telling a term is that stands in `found` of `chunks` chunks: BM25's weight, never below 0. */
export function weigh(found: number, chunks: number): number {
  return Math.log(1 + (chunks - found + 0.5) / (found + 0.5));
}

/**
 * What share of the words, weighted by rarity, each chunk holds, from 0 to 1. Compound spellings do not count, and in
 * texts without words nothing does.
 */
export async function measureShares(
  queries: Queries,
  keys: readonly number[],
  terms: readonly CountedTerm[],
  chunks: number,
): Promise<ReadonlyMap<number, number>> {
  const words = terms.filter(({ isWord }) => isWord);
  const total = words.reduce((sum, word) => sum + weigh(word.chunks, chunks), 0);
  const held = new Map<number, number>(keys.map((key) => [key, 0]));
  for (const word of total > 0 ? words : []) {
    if (word.chunks === 0) continue;
    const { rows } = await sql<{ readonly key: number }>`select rowid as key from chunk_words
      where chunk_words match ${word.phrase} and rowid in (select value from json_each(${JSON.stringify(keys)}))`.execute(
      queries,
    );
    for (const { key } of rows) held.set(key, (held.get(key) ?? 0) + weigh(word.chunks, chunks) / total);
  }
  return new Map([...held].map(([key, share]) => [key, Math.min(1, share)]));
}
