import { sql } from "kysely";
import type { JsonObject } from "../../contract/index.ts";
import type { Queries } from "../../store/index.ts";
import type { CollectionRow } from "../collections/collection-rows.ts";
import { replaceAttributeRows } from "./attribute-rows.ts";
import { checkAttributes } from "./check-document.ts";

export type AttributeChange = {
  readonly collection: Pick<CollectionRow, "id">;
  readonly document: { readonly id: number; readonly source: string };
  readonly attributes: JsonObject;
  readonly nowMs: number;
};

/** Inside a transaction: gives a document these attributes and no others. */
export async function changeAttributes(
  queries: Queries,
  { collection, document, attributes, nowMs }: AttributeChange,
): Promise<void> {
  checkAttributes(document.source, attributes);
  await writeAttributes(queries, { id: document.id, collectionId: collection.id }, attributes);
  await queries
    .updateTable("collection")
    .set({ revision: sql`revision + 1`, changed_at_ms: nowMs })
    .where("id", "=", collection.id)
    .execute();
}

/** Without a new revision of the collection. */
export async function writeAttributes(
  queries: Queries,
  document: { readonly id: number; readonly collectionId: number },
  attributes: JsonObject,
): Promise<void> {
  await queries
    .updateTable("document")
    .set({ attributes: JSON.stringify(attributes) })
    .where("id", "=", document.id)
    .execute();
  await replaceAttributeRows(queries, document, attributes);
}
