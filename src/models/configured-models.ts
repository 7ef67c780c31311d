import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { AppError } from "../base/index.ts";
import { builtInModel, locateBuiltInModel } from "./built-in.ts";
import { openFileSource } from "./gguf/byte-source.ts";
import { checkModelHeader } from "./gguf/check-model.ts";
import { readGgufHeader } from "./gguf/read-header.ts";

const maxIdChars = 255;
const msPerSecond = 1000;

export type ResolvedModel = {
  /** What requests name: `hearth-demo`, or the stem of the file. */
  readonly id: string;
  readonly path: string;
  readonly builtIn: boolean;
  readonly fileBytes: number;
  readonly createdAtSeconds: number;
};

/**
 * Finds the file of a model named `hearth-demo` or by path, and checks that its header describes a whole model.
 * Throws AppError model_not_found, invalid_request for what is no file, model_load_failed for what is no model.
 */
export async function resolveModel(
  reference: string,
  options: { readonly home: string },
): Promise<ResolvedModel> {
  if (reference === builtInModel) {
    return describeFile(builtInModel, await locateBuiltInModel(options.home), { builtIn: true });
  }
  if (!looksLikePath(reference)) {
    const message = `there is no model "${reference}"; give ${builtInModel} or the path of a .gguf file`;
    throw new AppError("model_not_found", message);
  }
  const path = resolve(reference);
  checkModelFile(path);
  return describeFile(idOf(path), path, { builtIn: false });
}

/** Resolves every reference; throws AppError invalid_request where two would answer to one id. */
export async function resolveModels(
  references: readonly string[],
  options: { readonly home: string },
): Promise<readonly ResolvedModel[]> {
  const models = new Map<string, ResolvedModel>();
  for (const reference of references) {
    const model = await resolveModel(reference, options);
    const other = models.get(model.id);
    if (other && other.path !== model.path) {
      const message = `two models would be called "${model.id}": ${other.path} and ${model.path}; rename one file`;
      throw new AppError("invalid_request", message);
    }
    models.set(model.id, model);
  }
  return [...models.values()];
}

function looksLikePath(reference: string): boolean {
  if (reference.includes("\0")) return false;
  return /[\\/]/.test(reference) || reference.toLowerCase().endsWith(".gguf") || exists(reference);
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function checkModelFile(path: string): void {
  using source = openFileSource(path);
  checkModelHeader(path, readGgufHeader(source));
}

function idOf(path: string): string {
  return basename(path)
    .replace(/\.gguf$/i, "")
    .slice(0, maxIdChars);
}

function describeFile(id: string, path: string, { builtIn }: { readonly builtIn: boolean }): ResolvedModel {
  const { size, mtimeMs } = statSync(path);
  return { id, path, builtIn, fileBytes: size, createdAtSeconds: Math.floor(mtimeMs / msPerSecond) };
}
