import { AppError } from "../../base/index.ts";
import type { Engine, ModelEntry } from "../../engine/index.ts";
import { invalidParameter } from "./errors.ts";

/** The named model, or the only one where no name is given. */
export function findModel(engine: Engine, name: string | undefined): ModelEntry {
  const entries = engine.models();
  const [only, ...others] = entries;
  if (name === undefined) {
    if (only && others.length === 0) return only;
    throw invalidParameter("model", `model: name one of ${entries.map((entry) => entry.id).join(", ")}.`);
  }
  const entry = entries.find((candidate) => candidate.id === name);
  if (entry) return entry;
  throw new AppError(
    "model_not_found",
    `The model "${name}" is not served here; GET /v1/models lists those that are.`,
    {
      details: { param: "model" },
    },
  );
}
