import { AppError } from "../../base/index.ts";
import type { Collection } from "../knowledge.ts";
import type { IndexRequest } from "./index-types.ts";
import type { IndexStore } from "./run.ts";

/**
 * The collection of a request: made where it is not there, with the model and label that were asked for. Throws AppError
 * conflict for another model than the one that its texts have vectors of.
 */
export async function prepareCollection(
  { collections, modelId }: Pick<IndexStore, "collections" | "modelId">,
  { collection: name, embeddingModel, label }: IndexRequest,
  signal: AbortSignal,
): Promise<Collection> {
  const found = await collections.find(name);
  if (!found) {
    return await collections.create({
      name,
      ...(embeddingModel !== undefined && { embeddingModel }),
      ...(label && { label }),
    });
  }
  const labelled = label && label !== found.label ? await collections.update(name, { label }) : found;
  const present = found.embeddingModel ?? null;
  if (embeddingModel === undefined || embeddingModel === present) return labelled;
  if (embeddingModel !== null && (await modelId(embeddingModel)) === present) return labelled;
  if (found.documents === 0) return await collections.reembed(name, embeddingModel, { signal });
  const searched = present === null ? "words alone" : `the model ${present}`;
  const wanted = embeddingModel ?? "--words-only";
  const message = `the collection ${name} is searched by ${searched}; to change that for all of it, run: hearth collection reembed ${name} ${wanted}`;
  throw new AppError("conflict", message);
}
