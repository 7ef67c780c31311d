import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { checkAdapterHeader } from "./gguf/check-adapter.ts";
import { checkModelHeader, findKind } from "./gguf/check-model.ts";
import { summarize } from "./gguf/describe.ts";
import type { GgufHeader } from "./gguf/header.ts";
import { readFileHeader } from "./gguf/read-file-header.ts";
import { readModelFiles, readModelParts } from "./gguf/split-files.ts";
import type {
  LayerRole,
  ModelCapabilities,
  ModelLayer,
  ModelRecord,
  ModelSource,
  ModelSummary,
} from "./record.ts";

export type ModelFiles = {
  readonly role: Extract<LayerRole, "model" | "adapter">;
  /** All parts of a split model, in order. */
  readonly paths: readonly string[];
  readonly summary: ModelSummary;
};

/** Of an adapter: it answers nothing without its model. */
const noCapabilities: ModelCapabilities = {
  generate: false,
  chat: false,
  tools: false,
  reasoning: false,
  infill: false,
  embed: false,
  rerank: false,
};

/**
 * What a GGUF file is: a model with all its parts, or an adapter. Throws AppError model_not_found, invalid_request for
 * what is no file, model_load_failed for what cannot be run.
 */
export function inspectModelFile(path: string): ModelFiles {
  const first = readFileHeader(path);
  return findKind(first) === "adapter"
    ? describeAdapter(path, first)
    : describeModel(path, readModelFiles(path));
}

/** The same of parts whose names do not tell of each other, in their order, such as blobs. */
export function inspectParts(name: string, paths: readonly [string, ...string[]]): ModelFiles {
  const first = readFileHeader(paths[0]);
  return findKind(first) === "adapter"
    ? describeAdapter(name, first)
    : describeModel(name, readModelParts(paths, first));
}

function describeAdapter(name: string, header: GgufHeader): ModelFiles {
  checkAdapterHeader(name, header);
  return { role: "adapter", paths: [name], summary: { ...summarize(header), capabilities: noCapabilities } };
}

function describeModel(name: string, { header, parts }: ReturnType<typeof readModelFiles>): ModelFiles {
  checkModelHeader(name, header);
  return { role: "model", paths: parts.map((part) => part.path), summary: summarize(header) };
}

/** A model read in place from the file at `path`. Its digest changes with its path, size and time. */
export function describeFile(
  path: string,
  { name, source }: { readonly name: string; readonly source: ModelSource },
): ModelRecord {
  const absolute = resolve(path);
  const { role, paths, summary } = inspectModelFile(absolute);
  const layers = paths.map((part): ModelLayer => ({ role, path: part, bytes: statSync(part).size }));
  const { mtimeMs } = statSync(absolute);
  return {
    name,
    source,
    origin: absolute,
    digest: `sha256:${createHash("sha256")
      .update(JSON.stringify([layers, mtimeMs]))
      .digest("hex")}`,
    layers,
    settings: {},
    summary,
    createdAtMs: mtimeMs,
    modifiedAtMs: mtimeMs,
    uses: 0,
  };
}
