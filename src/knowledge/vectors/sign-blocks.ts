/**
 * The signs of all vectors of a set, those of 512 neighbouring numbers in one row: a hundred thousand are read and
 * compared in milliseconds. A block is one bit a number, 1 where it has a vector, and then the words of each number.
 */
import type { Queries } from "../../store/index.ts";
import type { Pace } from "../indexing/pace.ts";
import { rowsOf, toKey } from "../keys.ts";
import { countDiffering } from "./signs.ts";

export const blockNumbers = 512;
const presenceWords = blockNumbers / 32;
/** Blocks of one statement: less than ten milliseconds. */
const readBlocks = 64;

type SignSet = { readonly id: number };
type Block = { readonly index: number; readonly words: Uint32Array };

/** Inside a transaction. All signs have the same number of words. */
export async function writeSigns(
  queries: Queries,
  set: SignSet,
  entries: readonly { readonly number: number; readonly signs: Uint32Array }[],
): Promise<void> {
  const byBlock = Map.groupBy(entries, ({ number }) => Math.floor(number / blockNumbers));
  for (const [index, own] of byBlock) {
    const width = own[0]?.signs.length ?? 0;
    const words =
      (await readBlock(queries, set, index)) ?? new Uint32Array(presenceWords + blockNumbers * width);
    for (const { number, signs } of own) {
      const place = number % blockNumbers;
      words[place >> 5] = (words[place >> 5] ?? 0) | (1 << (place & 31));
      words.set(signs, presenceWords + place * width);
    }
    await writeBlock(queries, set, { index, words });
  }
}

/**
 * Inside a transaction: numbers `from` to `to`, the last one not among them. Numbers are never given again, so a block
 * that has no vector left goes.
 */
export async function removeSigns(
  queries: Queries,
  set: SignSet,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  for (let number = from; number < to; ) {
    const index = Math.floor(number / blockNumbers);
    const end = Math.min(to, (index + 1) * blockNumbers);
    const words = await readBlock(queries, set, index);
    for (; number < end; number++) {
      const place = number % blockNumbers;
      if (words) words[place >> 5] = (words[place >> 5] ?? 0) & ~(1 << (place & 31));
    }
    if (!words) continue;
    if (isEmpty(words)) await removeBlock(queries, set, index);
    else await writeBlock(queries, set, { index, words });
  }
}

function isEmpty(words: Uint32Array): boolean {
  return words.subarray(0, presenceWords).every((word) => word === 0);
}

export type NearestOptions = {
  readonly limit: number;
  /** Absent: every number. */
  readonly accepts?: (number: number) => boolean;
  readonly pace: Pace;
};

/** The `limit` numbers whose signs differ least from `signs`, and those that differ as little as the last of them. */
export async function findNearest(
  queries: Queries,
  set: SignSet,
  signs: Uint32Array,
  { limit, accepts, pace }: NearestOptions,
): Promise<readonly number[]> {
  const shelf = createShelf(limit, signs.length * 32);
  for await (const { index, words } of readBlocksOf(queries, set)) {
    for (let place = 0; place < blockNumbers; place++) {
      if ((((words[place >> 5] as number) >>> (place & 31)) & 1) === 0) continue;
      const differing = countDiffering(signs, words, presenceWords + place * signs.length);
      if (differing > shelf.farthest) continue;
      const number = index * blockNumbers + place;
      if (accepts === undefined || accepts(number)) shelf.put(number, differing);
    }
    if (pace.isDue()) await pace.rest();
  }
  return shelf.numbers();
}

/** Keeps the nearest of what is put on it, by how much they differ. */
function createShelf(limit: number, most: number) {
  const boards: number[][] = Array.from({ length: most + 1 }, () => []);
  let [farthest, count] = [most, 0];
  return {
    get farthest() {
      return farthest;
    },
    put(number: number, differing: number): void {
      boards[differing]?.push(number);
      count++;
      for (let last = boards[farthest]; last && count - last.length >= limit; last = boards[farthest]) {
        count -= last.length;
        boards[farthest] = [];
        farthest--;
      }
    },
    numbers: () => boards.flat(),
  };
}

async function* readBlocksOf(queries: Queries, set: SignSet): AsyncGenerator<Block> {
  const { from: first, to: end } = rowsOf(set.id);
  for (let from = first; ; ) {
    const rows = await queries
      .selectFrom("chunk_signs")
      .select(["id", "signs"])
      .where("id", ">=", from)
      .where("id", "<", end)
      .orderBy("id")
      .limit(readBlocks)
      .execute();
    for (const { id, signs } of rows) yield { index: id - first, words: toWords(signs) };
    const last = rows.at(-1);
    if (!last || rows.length < readBlocks) return;
    from = last.id + 1;
  }
}

async function readBlock(queries: Queries, set: SignSet, index: number): Promise<Uint32Array | undefined> {
  const row = await queries
    .selectFrom("chunk_signs")
    .select("signs")
    .where("id", "=", toKey(set.id, index))
    .executeTakeFirst();
  return row && toWords(row.signs);
}

async function writeBlock(queries: Queries, set: SignSet, { index, words }: Block): Promise<void> {
  const signs = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  await queries
    .replaceInto("chunk_signs")
    .values({ id: toKey(set.id, index), signs })
    .execute();
}

async function removeBlock(queries: Queries, set: SignSet, index: number): Promise<void> {
  await queries.deleteFrom("chunk_signs").where("id", "=", toKey(set.id, index)).execute();
}

function toWords(blob: Uint8Array): Uint32Array {
  const aligned = blob.byteOffset % Uint32Array.BYTES_PER_ELEMENT === 0 ? blob : blob.slice();
  return new Uint32Array(
    aligned.buffer,
    aligned.byteOffset,
    aligned.byteLength / Uint32Array.BYTES_PER_ELEMENT,
  );
}
