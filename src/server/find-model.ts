import { AppError } from "../base/index.ts";
import type { Engine, ModelEntry } from "../engine/index.ts";
import { maxListedModels } from "./limits.ts";
import { invalidParameter } from "./parameter-errors.ts";

/** The named model, or the only one of this machine where no name is given: any other is only meant where it is named. */
export async function findModel(
  engine: Pick<Engine, "find" | "models">,
  name: string | undefined,
): Promise<ModelEntry> {
  if (name !== undefined) return findNamed(engine, name);
  const entries = await engine.models({ isOwn: true });
  const [only, ...others] = entries;
  if (only && others.length === 0) return only;
  throw invalidParameter("model", `model: ${describeChoice(entries)}.`);
}

async function findNamed(engine: Pick<Engine, "find">, name: string): Promise<ModelEntry> {
  try {
    return await engine.find(name);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "model_not_found") throw error;
    throw new AppError(error.code, error.message, { cause: error, details: { param: "model" } });
  }
}

function describeChoice(entries: readonly ModelEntry[]): string {
  if (entries.length === 0) return "there is none here yet; pull one first";
  const listed = entries.slice(0, maxListedModels).map((entry) => entry.id);
  const others = entries.length - listed.length;
  return `name one of ${listed.join(", ")}${others > 0 ? ` and ${others} more` : ""}`;
}
