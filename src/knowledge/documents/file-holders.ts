/**
 * A file below two folders that were indexed is one document of a collection: that of the outermost folder which has
 * it. Roots that are no folders, as pages, hold what they brought and nothing else.
 */
import { sql } from "kysely";
import type { JsonObject } from "../../contract/index.ts";
import type { Queries } from "../../store/index.ts";
import { toKey } from "../keys.ts";
import { findSet } from "../vectors/vector-sets.ts";
import { writeAttributes } from "./change-attributes.ts";
import { addWords, dropWords, removeWords } from "./document-words.ts";
import { type FilePlace, listPlaces } from "./file-places.ts";
import { removeDocuments } from "./remove-documents.ts";
import type { WriteState } from "./write-document.ts";

/** Chunks that are read at once. */
const readRows = 256;

/** A document of a file, as one of the roots above it brought it. */
export type FileHolder = FilePlace & {
  readonly id: number;
  readonly public_id: string;
  readonly content_hash: string;
  /** JSON. */
  readonly attributes: string;
  readonly first_number: number;
  readonly chunks: number;
};

/** The documents of a file, that of the outermost root first. */
export async function findHolders(
  queries: Queries,
  collectionId: number,
  place: FilePlace,
): Promise<readonly FileHolder[]> {
  const places = listPlaces(place);
  const columns = sql.raw(
    "d.id, d.public_id, d.root, d.source, d.content_hash, d.attributes, d.first_number, d.chunks",
  );
  if (places.length === 1) {
    const { rows } = await sql<FileHolder>`select ${columns} from document as d
      where d.collection_id = ${collectionId} and d.root = ${place.root} and d.source = ${place.source}`.execute(
      queries,
    );
    return rows;
  }
  const pairs = JSON.stringify(places.map(({ root, source }) => [root, source]));
  const { rows } = await sql<FileHolder>`select ${columns} from json_each(${pairs}) as place
    cross join document as d
    where d.collection_id = ${collectionId} and d.root = place.value ->> 0 and d.source = place.value ->> 1
    order by length(d.root)`.execute(queries);
  return rows;
}

/** Inside a transaction: deletes documents of a file that another one is kept of. */
export async function removeHolders(
  queries: Queries,
  state: WriteState,
  holders: readonly FileHolder[],
): Promise<void> {
  if (holders.length === 0) return;
  for (const holder of holders) dropWords(state, holder);
  await removeDocuments(queries, state.collection.id, holders, state);
  state.set = await findSet(queries, state.set?.id ?? null);
}

/** Inside a transaction: gives a document another root and source. Its text, its vectors and what is known of it stay. */
export async function moveHolder(
  queries: Queries,
  state: WriteState,
  holder: FileHolder,
  { root, source }: FilePlace,
): Promise<void> {
  const { collection, nowMs } = state;
  await queries.updateTable("document").set({ root, source }).where("id", "=", holder.id).execute();
  const attributes: JsonObject = JSON.parse(holder.attributes);
  const renamed = renameFile(attributes, holder.source, source);
  if (renamed !== attributes) {
    await writeAttributes(queries, { id: holder.id, collectionId: collection.id }, renamed);
  }
  await moveWords(queries, state, holder, source);
  await queries
    .updateTable("collection")
    .set({ revision: sql`revision + 1`, changed_at_ms: nowMs })
    .where("id", "=", collection.id)
    .execute();
}

/** The words of a path are found with those of the text. */
async function moveWords(
  queries: Queries,
  state: WriteState,
  { first_number: first, chunks }: FileHolder,
  source: string,
): Promise<void> {
  const { collection, pace } = state;
  dropWords(state, { first_number: first, chunks });
  for (let from = first; from < first + chunks; from += readRows) {
    const low = toKey(collection.id, from);
    const high = toKey(collection.id, Math.min(from + readRows, first + chunks));
    await removeWords(queries, { low, high });
    const rows = await queries
      .selectFrom("chunk")
      .select(["id", "text"])
      .where("id", ">=", low)
      .where("id", "<", high)
      .execute();
    addWords(
      state,
      rows.map(({ id, text }) => ({ rowid: id, text, source })),
    );
    if (pace.isDue()) await pace.rest();
  }
}

/** The attributes of a file under its new name; the same object where they do not tell its name. */
export function renameFile(attributes: JsonObject, from: string, to: string): JsonObject {
  return from !== to && attributes.file_path === from ? { ...attributes, file_path: to } : attributes;
}
