import { AppError } from "../../base/index.ts";
import { type EmbeddingPrompts, findEmbeddingPrompts } from "../../models/index.ts";
import type { KnowledgeDeps } from "../deps.ts";

export type EmbeddingModel = {
  /** As the engine names it. */
  readonly id: string;
  /** What its file says of it, and what stands before texts; another one under the same name tells of a change. */
  readonly mark: string;
  /** Texts leave this machine when it embeds them. */
  readonly isElsewhere: boolean;
  readonly prompts: EmbeddingPrompts;
};

/** Throws AppError: model_not_found, invalid_request for a model that cannot embed. */
export async function findEmbeddingModel(
  engine: Pick<KnowledgeDeps["engine"], "find">,
  name: string,
): Promise<EmbeddingModel> {
  const { id, summary, isRemote: isElsewhere = false } = await engine.find(name);
  const { architecture, parameters, embeddingLength = 0, capabilities, title } = summary;
  if (!isElsewhere && !capabilities.embed) {
    throw new AppError("invalid_request", `the model ${id} cannot embed texts; name an embedding model`);
  }
  const prompts = findEmbeddingPrompts(id, title);
  const mark = [
    architecture,
    parameters,
    embeddingLength,
    ...(prompts.document ? [prompts.document.trim()] : []),
  ];
  return { id, mark: mark.join(" "), isElsewhere, prompts };
}

/** Throws AppError invalid_request where a collection of the label `local` would use a model on another machine. */
export function requireLocal(
  collection: string,
  label: string,
  model: Pick<EmbeddingModel, "id" | "isElsewhere">,
): void {
  if (label !== "local" || !model.isElsewhere) return;
  const message = `the collection ${collection} is labelled local and ${model.id} is on another machine; name a model of this machine, or none to search by words alone`;
  throw new AppError("invalid_request", message, { details: { collection, model: model.id } });
}
