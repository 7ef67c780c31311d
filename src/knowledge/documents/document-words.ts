import type { Queries } from "../../store/index.ts";
import type { Pace } from "../indexing/pace.ts";
import { numberOf } from "../keys.ts";
import { splitIdentifiers } from "../search/identifiers.ts";

const batchRows = 32;

export type ChunkWords = { readonly rowid: number; readonly text: string; readonly source: string };

/** Words that a transaction has still to write. */
export type WaitingWords = { words: readonly ChunkWords[]; readonly pace: Pace };

export function addWords(waiting: WaitingWords, words: readonly ChunkWords[]): void {
  waiting.words = [...waiting.words, ...words];
}

/** Those of a document that is replaced or removed before they were written. */
export function dropWords(
  waiting: WaitingWords,
  { first_number: from, chunks }: { readonly first_number: number; readonly chunks: number },
): void {
  waiting.words = waiting.words.filter(
    ({ rowid }) => numberOf(rowid) < from || numberOf(rowid) >= from + chunks,
  );
}

/** Inside a transaction: rows `low` to `high`, the last one not among them. */
export async function removeWords(
  queries: Queries,
  { low, high }: { readonly low: number; readonly high: number },
): Promise<void> {
  await queries.deleteFrom("chunk_words").where("rowid", ">=", low).where("rowid", "<", high).execute();
}

/**
 * Inside a transaction, as the last of it: the words of all documents that were written. FTS5 writes what it has to the
 * disk before each other statement that may fail, which between documents would take most of the time.
 */
export async function writeWords(queries: Queries, { words, pace }: WaitingWords): Promise<void> {
  for (let start = 0; start < words.length; start += batchRows) {
    const rows = words.slice(start, start + batchRows).map(({ rowid, text, source }) => {
      return { rowid, text, parts: splitIdentifiers(text), source: `${source} ${splitIdentifiers(source)}` };
    });
    await queries.insertInto("chunk_words").values(rows).execute();
    if (pace.isDue()) await pace.rest();
  }
}
