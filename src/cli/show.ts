import { describeGguf, type GgufDescription, resolveModel } from "../models/index.ts";
import { type ConfigFlags, readConfig } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { formatBytes, formatCount, visible } from "./table.ts";
import { exitCodes } from "./usage-error.ts";

export type ShowOptions = ConfigFlags & { readonly model: string; readonly json: boolean };

/** Prints what the header of a model's file says. */
export async function show(deps: CliDeps, options: ShowOptions): Promise<number> {
  const config = await readConfig(deps, options);
  const { id, path, builtIn } = await resolveModel(options.model, { home: config.home });
  const description = describeGguf(path);
  if (options.json)
    deps.io.stdout.write(`${JSON.stringify({ id, builtIn, ...description }, undefined, 2)}\n`);
  else deps.io.stdout.write(formatDescription(id, description));
  return exitCodes.success;
}

function formatDescription(id: string, model: GgufDescription): string {
  const rows: readonly (readonly [label: string, value: string | number | undefined])[] = [
    ["model", id],
    ["name", model.name],
    ["architecture", model.architecture],
    ["parameters", formatCount(model.parameters)],
    ["format", model.quantisation],
    ["context", model.trainedContextTokens],
    ["layers", model.layers],
    ["heads", model.heads],
    ["embedding length", model.embeddingLength],
    ["vocabulary", model.vocabularySize],
    ["chat template", model.hasChatTemplate ? "yes" : "no"],
    ["license", model.license],
    ["size", formatBytes(model.fileBytes)],
    ["path", model.path],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows
    .filter(([, value]) => value !== undefined)
    .map(([label, value]) => `${label.padEnd(width)}  ${visible(String(value))}\n`)
    .join("");
}
