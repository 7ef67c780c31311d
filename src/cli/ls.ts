import { toAppError } from "../base/index.ts";
import { builtInModel, describeGguf, type GgufDescription, resolveModel } from "../models/index.ts";
import { type ConfigFlags, readConfig } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { formatBytes, formatCount, formatTable, visible } from "./table.ts";
import { exitCodes } from "./usage-error.ts";

type Listed =
  | ({ readonly id: string; readonly builtIn: boolean } & GgufDescription)
  | { readonly id: string; readonly error: string };

const heads = ["NAME", "ARCHITECTURE", "PARAMETERS", "FORMAT", "CONTEXT", "SIZE", "PATH"];

/** Lists the built-in model and those configured. A file that cannot be used is listed with the reason. */
export async function ls(deps: CliDeps, options: ConfigFlags & { readonly json: boolean }): Promise<number> {
  const config = await readConfig(deps, options);
  const references = [...new Set([builtInModel, ...config.models])];
  const models = await Promise.all(references.map((reference) => list(reference, config.home)));
  if (options.json) deps.io.stdout.write(`${JSON.stringify(models, undefined, 2)}\n`);
  else deps.io.stdout.write(formatTable(heads, models.map(toRow)));
  return models.some((model) => "error" in model) ? exitCodes.failure : exitCodes.success;
}

async function list(reference: string, home: string): Promise<Listed> {
  try {
    const { id, builtIn, path } = await resolveModel(reference, { home });
    return { id, builtIn, ...describeGguf(path) };
  } catch (error) {
    return { id: reference, error: toAppError(error).message };
  }
}

function toRow(model: Listed): string[] {
  if ("error" in model) return [visible(model.id), "-", "-", "-", "-", "-", visible(model.error)];
  return [
    visible(model.id),
    visible(model.architecture),
    formatCount(model.parameters),
    model.quantisation,
    String(model.trainedContextTokens ?? "-"),
    formatBytes(model.fileBytes),
    model.builtIn ? "built in" : visible(model.path),
  ];
}
