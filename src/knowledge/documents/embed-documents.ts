import { AppError } from "../../base/index.ts";
import type { CollectionRow } from "../collections/collection-rows.ts";
import type { KnowledgeDeps } from "../deps.ts";
import type { NewDocument } from "../knowledge.ts";
import { embedTexts } from "../vectors/embed-texts.ts";
import { type EmbeddingModel, findEmbeddingModel, requireLocal } from "../vectors/embedding-model.ts";
import type { VectorSet } from "../vectors/vector-sets.ts";
import type { Prepared } from "./write-document.ts";

/** Who asks the embedding model for the texts of documents. */
export const knowledgeTenant = "knowledge";
const maxShownCharacters = 100;

/** The model of a collection, undefined for words only. Throws AppError model_not_found, invalid_request, conflict. */
export async function resolveModel(
  { engine, embeddingModel: configured }: Pick<KnowledgeDeps, "engine" | "embeddingModel">,
  collection: CollectionRow,
  set: VectorSet | undefined,
): Promise<EmbeddingModel | undefined> {
  const name = collection.takes_configured_model === 1 ? configured : collection.embedding_model;
  if (name === null || name === undefined) return undefined;
  const model = await findEmbeddingModel(engine, name).catch((error: unknown) => {
    throw nameCollection(error, collection.name, name);
  });
  requireLocal(collection.name, collection.label, model);
  if (set) requireSameModel(collection.name, set, model);
  return model;
}

function nameCollection(error: unknown, collection: string, model: string): unknown {
  if (!(error instanceof AppError) || error.code !== "model_not_found") return error;
  const message = `the collection ${collection} is searched by ${model}, which is not here; fetch it again, or change over with: hearth collection reembed ${collection} MODEL`;
  return new AppError(error.code, message, { cause: error, details: { ...error.details, collection } });
}

/** Throws AppError conflict where the model is another one than that of the vectors which are there. */
export function requireSameModel(collection: string, set: VectorSet, model: EmbeddingModel): void {
  if (set.model === model.id && set.model_mark === model.mark) return;
  const change =
    set.model === model.id
      ? `the model ${model.id} was changed (${set.model_mark} before, ${model.mark} now)`
      : `its model would be ${model.id}`;
  const message = `the vectors of ${collection} are from ${set.model} and ${change}; re-embed the collection to change its model`;
  throw new AppError("conflict", message, { details: { collection } });
}

/** All chunks of these documents as vectors. Throws as `embedTexts` does, naming the document. */
export async function embedDocuments(
  engine: Pick<KnowledgeDeps["engine"], "embed">,
  documents: readonly NewDocument[],
  { collection, set, model }: EmbedPlan,
  signal: AbortSignal,
): Promise<readonly Prepared[]> {
  const entries = documents.flatMap(({ source, chunks }) =>
    chunks.map(({ text }, place) => ({ source, place, text })),
  );
  const options = {
    ...{ model: model.id, prompt: model.prompts.document, tenant: knowledgeTenant },
    ...(collection.label === "local" && { privacy: "local" as const }),
    ...(typeof set?.dimension === "number" && { dimension: set.dimension }),
  };
  const texts = entries.map(({ text }) => text);
  const vectors = await embedTexts(engine, texts, options, signal).catch((error: unknown) => {
    throw nameDocument(error, entries);
  });
  let start = 0;
  return documents.map((document) => {
    const own = vectors.slice(start, start + document.chunks.length);
    start += own.length;
    return { document, vectors: own };
  });
}

export type EmbedPlan = {
  readonly collection: CollectionRow;
  readonly set: VectorSet | undefined;
  readonly model: EmbeddingModel;
};

function nameDocument(
  error: unknown,
  entries: readonly { readonly source: string; readonly place: number }[],
) {
  if (!(error instanceof AppError) || typeof error.details.index !== "number") return error;
  const entry = entries[error.details.index];
  if (!entry) return error;
  const name = `chunk ${entry.place} of ${entry.source.slice(0, maxShownCharacters)}`;
  const message = error.message.replace(/(text|input) \d+/, name);
  const { index: _, ...details } = error.details;
  return new AppError(error.code, message, { cause: error, details: { ...details, source: entry.source } });
}
