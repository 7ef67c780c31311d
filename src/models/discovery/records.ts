import { createHash } from "node:crypto";
import { AppError } from "../../base/index.ts";
import { canonicalName, nameFile } from "../names/model-name.ts";
import { limitToTemplate } from "../ollama/template-capabilities.ts";
import type { ModelLayer, ModelRecord, ModelSettings, ModelSource, ModelSummary } from "../record.ts";

export type FoundModel = {
  readonly name: string;
  readonly source: ModelSource;
  readonly origin: string;
  readonly layers: readonly ModelLayer[];
  readonly summary: ModelSummary;
  readonly modifiedAtMs: number;
  /** Of its manifest, where it has one. */
  readonly digest?: string;
  readonly settings?: ModelSettings;
};

export function toRecord(model: FoundModel): ModelRecord {
  const { name, source, origin, layers, summary, modifiedAtMs } = model;
  return {
    name,
    source,
    origin,
    digest: model.digest ?? digestOfPlace(layers, modifiedAtMs),
    layers,
    settings: model.settings ?? {},
    summary: { ...summary, capabilities: limitToTemplate(summary.capabilities, model.settings ?? {}) },
    createdAtMs: modifiedAtMs,
    modifiedAtMs,
    uses: 0,
  };
}

/** Stands for the content of files that nobody has hashed: where they are, how long, and since when. */
function digestOfPlace(layers: readonly ModelLayer[], modifiedAtMs: number): string {
  const identity = JSON.stringify([layers.map(({ path, bytes }) => [path, bytes]), Math.floor(modifiedAtMs)]);
  return `sha256:${createHash("sha256").update(identity).digest("hex")}`;
}

/** The canonical form of a reference, or the name that the file would have by itself where it is none. */
export function nameOr(reference: string, path: string): string {
  try {
    return canonicalName(reference);
  } catch (error) {
    if (error instanceof AppError) return nameFile(path);
    throw error;
  }
}
