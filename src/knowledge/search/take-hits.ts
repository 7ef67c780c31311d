import type { Queries } from "../../store/index.ts";
import type { CollectionRow } from "../collections/collection-rows.ts";
import { rangeOf, toChunkId } from "../keys.ts";
import type { Hit, SearchQuery } from "../knowledge.ts";
import type { Found } from "./find-candidates.ts";
import type { Passage } from "./order-candidates.ts";
import { measureShares } from "./word-search.ts";

export type TakenHits = {
  readonly hits: readonly Hit[];
  /** The best score, also where it is too low. */
  readonly best?: number;
};

type Offered = {
  readonly query: Pick<SearchQuery, "maxResults" | "minScore">;
  readonly found: Pick<Found, "terms" | "chunks">;
  /** Best first. */
  readonly passages: readonly Passage[];
  readonly collections: readonly CollectionRow[];
};

/** The first passages whose score is high enough; scores are measured as far as they are needed. */
export async function takeHits(
  queries: Queries,
  { query: { maxResults, minScore = 0 }, found, passages, collections }: Offered,
): Promise<TakenHits> {
  const names = new Map(collections.map(({ id, name }) => [id, name]));
  const hits: Hit[] = [];
  let best: number | undefined;
  for (let start = 0; start < passages.length && hits.length < maxResults; start += maxResults) {
    const batch = passages.slice(start, start + maxResults);
    const wordsOnly = batch.filter(({ cosine }) => cosine === undefined).map(({ key }) => key);
    const shares =
      wordsOnly.length > 0
        ? await measureShares(queries, wordsOnly, found.terms, found.chunks)
        : new Map<number, number>();
    for (const passage of batch) {
      const score = toScore(passage.cosine ?? shares.get(passage.key) ?? 0);
      best = Math.max(best ?? 0, score);
      if (score < minScore || hits.length >= maxResults) continue;
      hits.push(toHit(passage, names.get(rangeOf(passage.key)) ?? "", score));
    }
  }
  return { hits, ...(best !== undefined && { best }) };
}

const decimals = 1e4;

/** Scores are told and compared with four decimals. */
function toScore(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * decimals) / decimals;
}

function toHit(passage: Passage, collection: string, score: number): Hit {
  const { key, documentId, source, root, startLine, endLine, text, attributes } = passage;
  return {
    ...{
      chunkId: toChunkId(key),
      documentId,
      collection,
      source,
      startLine,
      endLine,
      text,
      attributes,
      score,
    },
    ...(root !== "" && { root }),
  };
}
