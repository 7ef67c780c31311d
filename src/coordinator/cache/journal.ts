import type { Database, Queries } from "../../store/index.ts";
import { type BatchWriter, createBatchWriter } from "../batch-writer.ts";
import type { CoordinatorLogger } from "../deps.ts";
import {
  type EntryRules,
  insertEntry,
  type NewEntry,
  noteHits,
  type Removed,
  readBytes,
  removeById,
  removeOldest,
  removeStale,
} from "./entry-store.ts";
import type { LearntThresholds } from "./learnt-thresholds.ts";
import { addCounts, forgetOldMatches, insertMatch, type NewMatch } from "./match-store.ts";
import type { MeaningIndex } from "./meaning-index.ts";

/** Answers of at most 100 KB each among them. */
const maxWaiting = 512;
const maxBatch = 32;
const delayMs = 100;
/** Batches after which the bytes are counted anew, and old matches are looked for. */
const recountEvery = 64;
/** What of its room a full cache keeps, so that it is not full again with the next answer. */
const keptShare = 0.95;

/** What happened, to be written beside requests. */
export type Note =
  | { readonly type: "entry"; readonly entry: NewEntry }
  | { readonly type: "hit"; readonly id: number; readonly atMs: number }
  | { readonly type: "match"; readonly match: NewMatch }
  | { readonly type: "stale"; readonly removed: Removed }
  | { readonly type: "count"; readonly name: CountName };

/** `dropped`: not stored, for too much waited already; `refused`: by the policy; `uncompared`: neither right nor wrong. */
export type CountName =
  | "exact"
  | "semantic"
  | "shadow"
  | "miss"
  | "stored"
  | "dropped"
  | "serve_refused"
  | "store_refused"
  | "uncompared"
  | "failed";

export type Journal = Pick<BatchWriter<Note>, "settle"> & {
  note(note: Note): void;
  count(name: CountName): void;
};

type JournalDeps = {
  database(): Promise<Database>;
  readonly rules: EntryRules;
  readonly index: MeaningIndex;
  readonly thresholds: LearntThresholds;
  readonly logger: CoordinatorLogger;
};

/** Writes in batches, and keeps the cache within its bytes and free of what has expired. */
export function createJournal({ database, rules, index, thresholds, logger }: JournalDeps): Journal {
  let bytes: number | undefined;
  let batches = 0;

  const forget = (removed: readonly Removed[]) => {
    for (const { fingerprint, id } of removed) index.remove(fingerprint, id);
  };
  async function write(notes: readonly Note[]): Promise<void> {
    const { kysely } = await database();
    const counts = new Map<string, number>();
    const apply: (() => void)[] = [];
    await kysely.transaction().execute(async (queries) => {
      for (const note of notes) apply.push(await writeNote(queries, note, counts));
      await addCounts(queries, counts);
      const stale = await removeStale(queries, rules.now());
      apply.push(() => forget(stale));
      if (batches % recountEvery === 0) await forgetOldMatches(queries);
    });
    for (const change of apply) change();
    await shrink();
    batches += 1;
  }
  /** Gives what is to be done once the transaction holds. */
  async function writeNote(queries: Queries, note: Note, counts: Map<string, number>): Promise<() => void> {
    switch (note.type) {
      case "entry": {
        const { id, bytes: added, replaced } = await insertEntry(queries, note.entry, rules);
        counts.set("stored", (counts.get("stored") ?? 0) + 1);
        return () => {
          forget(replaced);
          if (note.entry.bits) index.add(note.entry.fingerprint, id, note.entry.bits);
          if (bytes !== undefined) bytes += added;
        };
      }
      case "hit":
        await noteHits(queries, note.id, 1, note.atMs);
        return () => undefined;
      case "match":
        await insertMatch(queries, note.match, rules.now());
        return () => thresholds.forget(note.match);
      case "stale":
        await removeById(queries, [note.removed.id]);
        return () => forget([note.removed]);
      case "count":
        counts.set(note.name, (counts.get(note.name) ?? 0) + 1);
        return () => undefined;
      default:
        return note satisfies never;
    }
  }
  async function shrink(): Promise<void> {
    const opened = await database();
    if (bytes === undefined || bytes > rules.maxBytes || batches % recountEvery === 0)
      bytes = await readBytes(opened);
    if (bytes <= rules.maxBytes) return;
    const room = Math.floor(rules.maxBytes * keptShare);
    while (bytes > room) {
      const excess = bytes - room;
      const gone = await opened.kysely.transaction().execute((queries) => removeOldest(queries, excess));
      forget(gone.removed);
      bytes -= gone.bytes;
      if (gone.removed.length === 0) return;
      await Bun.sleep(0);
    }
  }
  const writer = createBatchWriter<Note>({
    ...{ write, maxWaiting, maxBatch, delayMs },
    onLost: (lost, { message }) => {
      bytes = undefined;
      logger.error("cache_unwritten", { lost, error: message });
    },
  });
  return {
    note: (note) => void writer.add(note),
    count: (name) => void writer.add({ type: "count", name }),
    settle: writer.settle,
  };
}
