import { AppError } from "../../base/index.ts";
import type { Queries } from "../../store/index.ts";
import type { CollectionRow } from "../collections/collection-rows.ts";
import type { DocumentPage, StoredDocument } from "../knowledge.ts";

/** Documents of one page. */
export const maxListed = 1_000;
const maxShownCharacters = 100;

const columns = [
  ...(["id", "public_id", "root", "source", "content_hash", "attributes"] as const),
  ...(["first_number", "chunks", "added_at_ms"] as const),
];

export type DocumentRow = NonNullable<Awaited<ReturnType<typeof findDocumentRow>>>;

export async function findDocumentRow(queries: Queries, collectionId: number, publicId: string) {
  return await queries
    .selectFrom("document")
    .select(columns)
    .where("collection_id", "=", collectionId)
    .where("public_id", "=", publicId)
    .executeTakeFirst();
}

/** Of those that came without a root. */
export async function findSourceRow(queries: Queries, collectionId: number, source: string) {
  return await queries
    .selectFrom("document")
    .select(columns)
    .where("collection_id", "=", collectionId)
    .where("root", "=", "")
    .where("source", "=", source)
    .executeTakeFirst();
}

/** In the order in which they were first added. Throws AppError invalid_request for a page that begins nowhere. */
export async function listDocumentRows(
  queries: Queries,
  { id, name }: CollectionRow,
  { after, limit, root }: DocumentPage,
): Promise<readonly DocumentRow[]> {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxListed) {
    throw new AppError("invalid_request", `limit is ${limit}; it is a whole number from 1 to ${maxListed}`);
  }
  let query = queries
    .selectFrom("document")
    .select(columns)
    .where("collection_id", "=", id)
    .orderBy("id")
    .limit(limit);
  if (root !== undefined) query = query.where("root", "=", root);
  if (after !== undefined) {
    const last = await findDocumentRow(queries, id, after);
    if (!last) {
      const shown = after.slice(0, maxShownCharacters);
      throw new AppError("invalid_request", `after is "${shown}", which is no document of ${name}`);
    }
    query = query.where("id", ">", last.id);
  }
  return await query.execute();
}

export function toDocument(row: DocumentRow): StoredDocument {
  return {
    ...{ id: row.public_id, source: row.source, contentHash: row.content_hash, chunks: row.chunks },
    ...{ attributes: JSON.parse(row.attributes), addedAtMs: row.added_at_ms },
    ...(row.root !== "" && { root: row.root }),
  };
}
