import type { Database } from "../../store/index.ts";
import { createSignSet, type SignSet, toWords } from "./sign-bits.ts";

/** Rows that one statement reads: some milliseconds. */
const pageRows = 2_000;
/** Signs of fingerprints that were asked for longest ago leave beyond these. */
const maxIndexBytes = 64 * 2 ** 20;
const maxFingerprints = 4_096;
/** Entries of one fingerprint that are compared; of more the rest is found by the exact question alone. */
export const maxCompared = 200_000;

/** Which stored questions may mean the same; read from the database when a fingerprint is first asked for. */
export type MeaningIndex = {
  /** Ids of entries, the likest first. */
  nearest(fingerprint: string, words: Uint32Array, count: number): Promise<readonly number[]>;
  /** Takes note of an entry that was just stored. */
  add(fingerprint: string, id: number, words: Uint32Array): void;
  remove(fingerprint: string, id: number): void;
  /** Forgets all, to be read again. */
  clear(): void;
};

type Shelf = {
  readonly reading: Promise<void>;
  set: SignSet | undefined;
  /** Removed while it was read; undefined once it is read. */
  removed: Set<number> | undefined;
};

export function createMeaningIndex(
  database: () => Promise<Database>,
  { maxBytes = maxIndexBytes }: { readonly maxBytes?: number } = {},
): MeaningIndex {
  const shelves = new Map<string, Shelf>();

  function open(fingerprint: string): Shelf {
    const shelf = shelves.get(fingerprint) ?? createShelf(fingerprint);
    shelves.delete(fingerprint);
    shelves.set(fingerprint, shelf);
    return shelf;
  }
  function createShelf(fingerprint: string): Shelf {
    const shelf: Shelf = {
      reading: read(fingerprint, (id, words) => put(shelf, id, words)).then(
        () => {
          shelf.removed = undefined;
        },
        (error: unknown) => {
          shelves.delete(fingerprint);
          throw error;
        },
      ),
      set: undefined,
      removed: new Set(),
    };
    return shelf;
  }
  async function read(fingerprint: string, take: (id: number, words: Uint32Array) => void): Promise<void> {
    const { kysely } = await database();
    let after = "";
    for (let seen = 0; seen < maxCompared; ) {
      const rows = await kysely
        .selectFrom("cache_entry")
        .select(["id", "bits", "question_hash"])
        .where("fingerprint", "=", fingerprint)
        .where("question_hash", ">", after)
        .orderBy("question_hash")
        .limit(pageRows)
        .execute();
      for (const { id, bits } of rows) {
        const words = bits ? toWords(bits) : undefined;
        if (words) take(id, words);
      }
      seen += rows.length;
      after = rows.at(-1)?.question_hash ?? after;
      if (rows.length < pageRows) return;
      await Bun.sleep(0);
    }
  }
  function put(shelf: Shelf, id: number, words: Uint32Array): void {
    shelf.set ??= createSignSet(words.length);
    if (shelf.set.size < maxCompared && !shelf.removed?.has(id)) shelf.set.add(id, words);
  }
  function shrink(): void {
    let bytes = 0;
    for (const { set } of shelves.values()) bytes += set?.bytes ?? 0;
    for (const [fingerprint, { set }] of shelves) {
      if (shelves.size <= 1 || (bytes <= maxBytes && shelves.size <= maxFingerprints)) return;
      shelves.delete(fingerprint);
      bytes -= set?.bytes ?? 0;
    }
  }
  return {
    async nearest(fingerprint, words, count) {
      const isNew = !shelves.has(fingerprint);
      const shelf = open(fingerprint);
      await shelf.reading;
      if (isNew) shrink();
      return shelf.set?.nearest(words, count) ?? [];
    },
    add(fingerprint, id, words) {
      const shelf = shelves.get(fingerprint);
      if (!shelf) return;
      put(shelf, id, words);
      shrink();
    },
    remove(fingerprint, id) {
      const shelf = shelves.get(fingerprint);
      shelf?.removed?.add(id);
      shelf?.set?.remove(id);
    },
    clear: () => shelves.clear(),
  };
}

/** Vectors of entries by id; what is missing was removed meanwhile. */
export async function readVectors(
  { kysely }: Database,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Float32Array>> {
  if (ids.length === 0) return new Map();
  const rows = await kysely
    .selectFrom("cache_answer")
    .select(["entry_id", "embedding"])
    .where("entry_id", "in", ids)
    .execute();
  return new Map(
    rows.flatMap(({ entry_id, embedding }): [number, Float32Array][] => {
      if (!embedding || embedding.byteLength % Float32Array.BYTES_PER_ELEMENT !== 0) return [];
      return [[entry_id, new Float32Array(embedding.slice().buffer)]];
    }),
  );
}
