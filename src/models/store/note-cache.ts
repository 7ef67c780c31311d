import { sql } from "kysely";
import type { Database } from "../../store/index.ts";

const defaultMaxEntries = 20_000;
/** Bound variables of one statement, which SQLite limits. */
const rowsPerInsert = 1_000;

/** What headers of files in place said, by a key that changes with the file. The notes are plain data. */
export type NoteCache<Note> = {
  all(): Promise<ReadonlyMap<string, Note>>;
  /** Beyond the limit the oldest go. */
  put(added: ReadonlyMap<string, Note>): Promise<void>;
};

export function createNoteCache<Note>(
  { kysely }: Database,
  { maxEntries = defaultMaxEntries }: { readonly maxEntries?: number } = {},
): NoteCache<Note> {
  return {
    async all() {
      const rows = await kysely.selectFrom("header_note").select(["key", "note"]).execute();
      return new Map(rows.map(({ key, note }) => [key, JSON.parse(note)]));
    },
    async put(added) {
      const rows = Array.from(added, ([key, note]) => ({ key, note: JSON.stringify(note) }));
      await kysely.transaction().execute(async (db) => {
        for (let start = 0; start < rows.length; start += rowsPerInsert) {
          await db
            .insertInto("header_note")
            .values(rows.slice(start, start + rowsPerInsert))
            .onConflict((conflict) => conflict.column("key").doUpdateSet({ note: sql`excluded.note` }))
            .execute();
        }
        const newest = db.selectFrom("header_note").select("id").orderBy("id", "desc").limit(maxEntries);
        await db.deleteFrom("header_note").where("id", "not in", newest).execute();
      });
    },
  };
}
