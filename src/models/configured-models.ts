import { homedir } from "node:os";
import { join } from "node:path";
import { AppError } from "../base/index.ts";
import { builtInModel, locateBuiltInModel } from "./built-in.ts";
import { describeFile } from "./file-model.ts";
import { canonicalName, nameFile } from "./names/model-name.ts";
import { looksLikePath } from "./names/model-reference.ts";
import type { ModelRecord } from "./record.ts";

export type ConfiguredModels = {
  /** In the order of the references, each once. */
  readonly names: readonly string[];
  /** Of those that are files; the others are looked up among the models that are stored. */
  readonly records: ReadonlyMap<string, ModelRecord>;
};

/** Reads what the configuration names: `hearth-demo`, paths, names. Throws AppError where two files have one name. */
export async function readConfigured(
  references: readonly string[],
  options: { readonly home: string },
): Promise<ConfiguredModels> {
  const names = new Set<string>();
  const records = new Map<string, ModelRecord>();
  for (const reference of references) {
    const record = await describeReference(reference, options);
    if (record?.layers[0]?.role === "adapter") throw refuseAdapter(record);
    const name = record?.name ?? canonicalName(reference);
    const other = records.get(name);
    if (record && other && other.origin !== record.origin) {
      const message = `two models would be called "${name}": ${other.origin} and ${record.origin}; rename one file`;
      throw new AppError("invalid_request", message);
    }
    names.add(name);
    if (record) records.set(name, record);
  }
  return { names: [...names], records };
}

function refuseAdapter({ name, origin }: ModelRecord): AppError {
  const message = `${origin} is an adapter and answers nothing by itself; hearth import ${origin} makes it known as "${name}" to requests`;
  return new AppError("model_load_failed", message);
}

/**
 * The built-in model, or the one at a path, named by the stem of its file; undefined for any other name. Throws AppError
 * as `inspectModelFile` does.
 */
export async function describeReference(
  reference: string,
  { home }: { readonly home: string },
): Promise<ModelRecord | undefined> {
  if (reference === builtInModel) return await describeBuiltIn(home);
  if (!looksLikePath(reference)) return undefined;
  const path = reference.startsWith("~/") ? join(homedir(), reference.slice(2)) : reference;
  if (path.includes("\0")) throw new AppError("model_not_found", "a path cannot hold a zero byte");
  return describeFile(path, { name: nameFile(path), source: "file" });
}

export async function describeBuiltIn(home: string): Promise<ModelRecord> {
  return describeFile(await locateBuiltInModel(home), { name: builtInModel, source: "built-in" });
}
