import { AppError } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { Queries } from "../../store/index.ts";
import { type CollectionRow, getRow } from "../collections/collection-rows.ts";
import { completeAttributes } from "../collections/schemas.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { createPace } from "../indexing/pace.ts";
import { toKey } from "../keys.ts";
import type { Documents } from "../knowledge.ts";
import { addDocuments } from "./add-documents.ts";
import { changeAttributes } from "./change-attributes.ts";
import { findDocumentRow, findSourceRow, listDocumentRows, toDocument } from "./document-rows.ts";
import { afterPrefix } from "./file-places.ts";
import { noteUse } from "./note-use.ts";
import { findOverlappingRoots, type OverlappingRoots } from "./overlapping-roots.ts";
import { type RemovedDocument, removeDocuments } from "./remove-documents.ts";

/** Documents that one transaction deletes. */
const removedAtOnce = 16;
const hashesAtOnce = 5_000;
const maxShownCharacters = 100;

/** Documents, with what indexing asks about folders. */
export type IndexedDocuments = Documents & {
  /** Other folders that brought documents, and that hold this one or lie in it. */
  roots(collection: string, folder: string): Promise<OverlappingRoots>;
};

export function createDocuments(deps: KnowledgeDeps): IndexedDocuments {
  /** In transactions of a few; `find` is asked in each which of them are still there. */
  async function removeAll<T>(
    name: string,
    asked: readonly T[],
    find: (queries: Queries, row: CollectionRow, some: readonly T[]) => Promise<readonly RemovedDocument[]>,
  ): Promise<number> {
    const { kysely } = await deps.database();
    const pace = createPace(new AbortController().signal);
    const row = await getRow(kysely, name);
    let removed = 0;
    for (let start = 0; start < asked.length; start += removedAtOnce) {
      const some = asked.slice(start, start + removedAtOnce);
      removed += await kysely.transaction().execute(async (queries) => {
        const found = await find(queries, row, some);
        await removeDocuments(queries, row.id, found, { nowMs: deps.now(), pace });
        return found.length;
      });
      await pace.rest();
    }
    return removed;
  }

  return {
    add: (name, documents, signal) => addDocuments(deps, name, documents, signal),
    async list(name, page) {
      const { kysely } = await deps.database();
      const collection = await getRow(kysely, name);
      const rows = await listDocumentRows(kysely, collection, page);
      return rows.map(toDocument);
    },
    async find(name, by) {
      const { kysely } = await deps.database();
      const collection = await getRow(kysely, name);
      const row =
        "id" in by
          ? await findDocumentRow(kysely, collection.id, by.id)
          : await findSourceRow(kysely, collection.id, by.source);
      return row && toDocument(row);
    },
    async get(name, id) {
      const { kysely } = await deps.database();
      const collection = await getRow(kysely, name);
      const row = await findDocumentRow(kysely, collection.id, id);
      if (!row) throw noDocument(name, id);
      const chunks = await kysely
        .selectFrom("chunk")
        .select(["text", "start_line", "end_line"])
        .where("id", ">=", toKey(collection.id, row.first_number))
        .where("id", "<", toKey(collection.id, row.first_number + row.chunks))
        .orderBy("id")
        .execute();
      const text = chunks.map(({ text, start_line, end_line }) => {
        return { text, startLine: start_line, endLine: end_line };
      });
      return { ...toDocument(row), text };
    },
    async setAttributes(name, id, attributes) {
      const { kysely } = await deps.database();
      await kysely.transaction().execute(async (queries) => {
        const collection = await getRow(queries, name);
        const row = await findDocumentRow(queries, collection.id, id);
        if (!row) throw noDocument(name, id);
        const merged = completeAttributes(name, mergeAttributes(JSON.parse(row.attributes), attributes));
        await changeAttributes(queries, { collection, document: row, attributes: merged, nowMs: deps.now() });
      });
    },
    remove: (name, ids) =>
      removeAll(name, ids, (queries, { id }, some) =>
        queries
          .selectFrom("document")
          .select(["id", "first_number", "chunks"])
          .where("collection_id", "=", id)
          .where("public_id", "in", some)
          .execute(),
      ),
    removeSources: (name, sources, root = "") =>
      removeAll(name, sources, (queries, { id }, some) =>
        queries
          .selectFrom("document")
          .select(["id", "first_number", "chunks"])
          .where("collection_id", "=", id)
          .where("root", "=", root)
          .where("source", "in", some)
          .execute(),
      ),
    async roots(name, folder) {
      const { kysely } = await deps.database();
      const { id } = await getRow(kysely, name);
      return await findOverlappingRoots(kysely, id, folder);
    },
    async hashes(name, root, below = "") {
      const { kysely } = await deps.database();
      const { id } = await getRow(kysely, name);
      const hashes = new Map<string, string>();
      let query = kysely
        .selectFrom("document")
        .select(["source", "content_hash"])
        .where("collection_id", "=", id)
        .where("root", "=", root)
        .orderBy("source")
        .limit(hashesAtOnce);
      if (below !== "") query = query.where("source", "<", afterPrefix(below));
      for (let after = below; ; ) {
        const rows = await query.where("source", ">", after).execute();
        for (const row of rows) hashes.set(row.source, row.content_hash);
        const last = rows.at(-1);
        if (!last) return hashes;
        after = last.source;
        await Bun.sleep(0);
      }
    },
    noteUse: (chunkIds, use) => noteUse(deps, chunkIds, use),
  };
}

/** Null takes an attribute away. */
function mergeAttributes(earlier: JsonObject, changes: JsonObject): JsonObject {
  const merged = Object.entries({ ...earlier, ...changes }).filter(([, value]) => value !== null);
  return Object.fromEntries(merged) as JsonObject;
}

function noDocument(collection: string, id: string): AppError {
  return new AppError(
    "not_found",
    `there is no document "${id.slice(0, maxShownCharacters)}" in ${collection}`,
  );
}
