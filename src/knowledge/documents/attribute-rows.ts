import type { JsonObject, JsonValue } from "../../contract/index.ts";
import type { Queries } from "../../store/index.ts";

/** Longer texts are no values that anybody filters by. */
export const maxFilteredCharacters = 512;
/** Values of one document that it can be found by; those beyond are kept but not filtered by. */
const maxValues = 256;
const batchRows = 128;

/** Makes a document be found by these attributes and no others. */
export async function replaceAttributeRows(
  queries: Queries,
  document: { readonly id: number; readonly collectionId: number },
  attributes: JsonObject,
): Promise<void> {
  await removeAttributeRows(queries, [document.id]);
  const rows = listValues(attributes).map(({ name, value }) => {
    return { collection_id: document.collectionId, name, value, document_id: document.id };
  });
  for (let start = 0; start < rows.length; start += batchRows) {
    await queries
      .insertInto("document_attribute")
      .values(rows.slice(start, start + batchRows))
      .execute();
  }
}

export async function removeAttributeRows(queries: Queries, documentIds: readonly number[]): Promise<void> {
  await queries.deleteFrom("document_attribute").where("document_id", "in", documentIds).execute();
}

/** How a value is stored that documents are filtered by; undefined for one that they are not. */
export function toFiltered(value: JsonValue): string | number | undefined {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number") return value;
  return typeof value === "string" && value.length <= maxFilteredCharacters ? value : undefined;
}

/** Each value of a list is one that the document can be found by. */
function listValues(attributes: JsonObject) {
  const values: { readonly name: string; readonly value: string | number }[] = [];
  for (const [name, given] of Object.entries(attributes)) {
    const list = Array.isArray(given) ? given : [given];
    for (const value of new Set(list.map(toFiltered))) {
      if (value !== undefined) values.push({ name, value });
      if (values.length >= maxValues) return values;
    }
  }
  return values;
}
