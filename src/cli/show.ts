import { AppError, toAppError } from "../base/index.ts";
import type { Config } from "../config/index.ts";
import {
  canonicalName,
  describeFile,
  describeGguf,
  describeHeader,
  findText,
  formatModelfile,
  isAdapter,
  type MemoryEstimate,
  type ModelLibrary,
  type ModelRecord,
  parseReference,
  type RemoteModel,
  readFileHeader,
} from "../models/index.ts";
import type { ConfigFlags } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { toListing } from "./listing.ts";
import { openModels } from "./open-models.ts";
import { formatModel, type ShownModel } from "./show-text.ts";
import { toJsonText, visible } from "./table.ts";
import { exitCodes } from "./usage-error.ts";

/** A registry that does not answer by then is not there. */
const inspectTimeoutMs = 30_000;

export type ShowOptions = ConfigFlags & {
  /** A name, or the path of a file. */
  readonly model: string;
  readonly json: boolean;
  /** One text of the model in place of all about it. */
  readonly only?: "template" | "modelfile";
};

/** Prints what is known of a model, and the memory that it will take with these options. */
export async function show(deps: CliDeps, { model, json, only, ...flags }: ShowOptions): Promise<number> {
  await using opened = await openModels(deps, { ...flags, flags: { logLevel: "error", ...flags.flags } });
  const found = await findModel(opened.library, model);
  if (only !== undefined) {
    const text = only === "template" ? getTemplate(found) : formatModelfile(found.record);
    deps.io.stdout.write(endLine(deps.io.stdout.isTTY === true ? visible(text) : text));
    return exitCodes.success;
  }
  const shown = await describe(deps, opened.config, found);
  deps.io.stdout.write(json ? `${toJsonText(toJson(shown), 2)}\n` : formatModel(shown));
  return exitCodes.success;
}

/** A model that is here, or one whose headers were read where it could be pulled from. */
type FoundModel = { readonly record: ModelRecord; readonly headers?: RemoteModel["headers"] };

async function findModel(library: ModelLibrary, text: string): Promise<FoundModel> {
  if (parseReference(text).kind === "path")
    return { record: describeFile(text, { name: canonicalName(text), source: "file" }) };
  const record = await library.find(text);
  if (record) return { record };
  try {
    return await library.inspect(text, { signal: AbortSignal.timeout(inspectTimeoutMs) });
  } catch (cause) {
    const { code, message } = toAppError(cause);
    const whole = `there is no model "${text}" here, and it cannot be looked at elsewhere: ${message}`;
    throw new AppError(code, whole, { cause });
  }
}

async function describe(deps: CliDeps, config: Config, found: FoundModel): Promise<ShownModel> {
  const { record, headers } = found;
  const description = headers
    ? describeHeader(record.layers[0]?.path ?? record.name, headers[0], headers.length)
    : describeGguf(findWeights(record));
  const template = findTemplate(found);
  return {
    record,
    description,
    ...(template !== undefined && { template }),
    ...(!isAdapter(record) && { memory: await estimate(deps, config, found) }),
  };
}

/** As the server would load it: the engine that says so is not started for it. */
async function estimate(
  deps: CliDeps,
  config: Config,
  { record, headers }: FoundModel,
): Promise<MemoryEstimate> {
  const app = await deps.createApp({ ...config, models: [] });
  try {
    return headers ? app.engine.estimateRemote(headers) : app.engine.estimate(record);
  } finally {
    await app.stop(AbortSignal.abort());
  }
}

/** The first file of the weights, or of an adapter. */
function findWeights({ name, layers }: ModelRecord): string {
  const layer = layers.find(({ role }) => role === "model") ?? layers.find(({ role }) => role === "adapter");
  if (layer) return layer.path;
  throw new AppError("model_corrupted", `${name} has no weights; remove it and fetch it again`);
}

function findTemplate({ record, headers }: FoundModel): string | undefined {
  const header = headers?.[0] ?? readFileHeader(findWeights(record));
  return record.settings.template ?? findText(header, "tokenizer.chat_template");
}

function getTemplate(found: FoundModel): string {
  const template = findTemplate(found);
  if (template !== undefined) return template;
  throw new AppError(
    "not_found",
    `${found.record.name} has no template; it continues text and does not chat`,
  );
}

function toJson({ record, description, template, memory }: ShownModel) {
  const { name: title, chatTemplate: _, ...header } = description;
  const told = memory && (({ plan: __, ...bytes }) => bytes)(memory);
  return {
    ...header,
    ...toListing(record),
    title,
    settings: record.settings,
    ...(template !== undefined && { template }),
    ...(told !== undefined && { memory: told }),
  };
}

function endLine(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
