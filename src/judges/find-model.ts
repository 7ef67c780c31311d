import { AppError } from "../base/index.ts";
import type { ModelCapabilities } from "../contract/index.ts";
import type { JudgeDeps } from "./deps.ts";

/** A model, and what tells it from another of the same name. */
export type ModelIdentity = {
  readonly id: string;
  readonly digest: string;
  readonly capabilities: ModelCapabilities;
};

/** The model of that name, or the first that is configured. Throws AppError model_not_found. */
export async function findModel(
  { engine, library, models }: Pick<JudgeDeps, "engine" | "library" | "models">,
  name: string | undefined,
): Promise<ModelIdentity> {
  const wanted = name ?? models[0];
  if (wanted === undefined)
    throw new AppError("model_not_found", "no model was named, and none is configured");
  const { id, summary, description } = await engine.find(wanted);
  const record = await library.find(id);
  return { id, digest: record?.digest ?? id, capabilities: (description ?? summary).capabilities };
}
