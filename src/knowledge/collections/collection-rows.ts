import { AppError } from "../../base/index.ts";
import type { Queries } from "../../store/index.ts";
import type { Collection } from "../knowledge.ts";

/** A collection as it is stored, with what its current vectors are. */
export type CollectionRow = {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly label: string;
  readonly embedding_model: string | null;
  readonly takes_configured_model: number;
  readonly vector_set_id: number | null;
  readonly documents: number;
  readonly chunks: number;
  readonly next_number: number;
  readonly revision: number;
  readonly created_at_ms: number;
  readonly changed_at_ms: number;
  readonly dimension: number | null;
};

/** Of names in an error about one that is not there. */
const maxShownNames = 20;
const maxShownCharacters = 100;

export async function listRows(queries: Queries): Promise<readonly CollectionRow[]> {
  return await selectRows(queries).orderBy("collection.id").execute();
}

export async function findRow(queries: Queries, name: string): Promise<CollectionRow | undefined> {
  return await selectRows(queries).where("collection.name", "=", name).executeTakeFirst();
}

/** Throws AppError not_found naming the collections that are there. */
export async function getRow(queries: Queries, name: string): Promise<CollectionRow> {
  const row = await findRow(queries, name);
  if (row) return row;
  const names = (await listRows(queries)).map((other) => other.name);
  const shown = names.slice(0, maxShownNames).join(", ");
  const rest = names.length > maxShownNames ? ` and ${names.length - maxShownNames} more` : "";
  const message = `there is no collection "${name.slice(0, maxShownCharacters)}"; there are ${shown}${rest}`;
  throw new AppError("not_found", message);
}

/** As it stands inside a transaction. Throws AppError conflict where it has been removed in the meantime. */
export async function rereadRow(queries: Queries, { id, name }: CollectionRow): Promise<CollectionRow> {
  const row = await selectRows(queries).where("collection.id", "=", id).executeTakeFirst();
  if (row) return row;
  throw new AppError("conflict", `the collection ${name} was removed meanwhile; create it again`);
}

function selectRows(queries: Queries) {
  return queries
    .selectFrom("collection")
    .leftJoin("vector_set", "vector_set.id", "collection.vector_set_id")
    .select([
      ...(["collection.id", "name", "description", "label", "embedding_model"] as const),
      ...(["takes_configured_model", "vector_set_id", "documents", "chunks", "next_number"] as const),
      ...(["revision", "created_at_ms", "changed_at_ms", "vector_set.dimension"] as const),
    ])
    .where("removed", "=", 0);
}

/** `configuredModel` is the one that a collection without documents would take. */
export function toCollection(row: CollectionRow, configuredModel: string | undefined): Collection {
  const model = row.takes_configured_model === 1 ? configuredModel : (row.embedding_model ?? undefined);
  return {
    ...{ name: row.name, description: row.description, label: toLabel(row) },
    ...(model !== undefined && { embeddingModel: model }),
    ...(row.dimension !== null && { dimension: row.dimension }),
    ...{ documents: row.documents, chunks: row.chunks, revision: row.revision },
    ...{ createdAtMs: row.created_at_ms, changedAtMs: row.changed_at_ms },
  };
}

export function toLabel({ label }: Pick<CollectionRow, "label">): "local" | "any" {
  return label === "local" ? "local" : "any";
}
