import { createReadStream } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { AppError, toAppError } from "../base/index.ts";
import {
  type CreateRequest,
  inspectModelFile,
  type Modelfile,
  type ModelLibrary,
  parseModelfile,
  parseReference,
  type WorkEvent,
} from "../models/index.ts";
import { findOrPull } from "./at-hand.ts";
import type { ConfigFlags } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { followWork } from "./follow-work.ts";
import { readAll } from "./io.ts";
import { openModels } from "./open-models.ts";
import { untilStopped } from "./stoppable.ts";
import { visible } from "./table.ts";
import { takeFile } from "./take-file.ts";
import { exitCodes } from "./usage-error.ts";

const maxModelfileBytes = 32 * 2 ** 20;
const partPattern = /-\d{5}-of-\d{5}\.gguf$/i;

export type CreateOptions = ConfigFlags & {
  readonly name: string;
  /** Path of the Modelfile; paths in it start from its folder. */
  readonly modelfile: string;
  readonly json: boolean;
};

/** Makes a model of another one or of files, as a Modelfile says. */
export async function create(
  deps: CliDeps,
  { name, modelfile, json, ...flags }: CreateOptions,
): Promise<number> {
  const { io } = deps;
  const parsed = parseModelfile(await readModelfile(modelfile));
  await using opened = await openModels(deps, flags);
  return await untilStopped(io, async (signal) => {
    const plan = { ...readSources(parsed, dirname(resolve(modelfile))), name, settings: parsed.settings };
    if (plan.from !== undefined) await findOrPull(io, opened.library, plan.from, signal);
    const record = await followWork(io, build(opened.library, plan, signal), { json });
    if (!json) io.stdout.write(`${visible(record.name)} is created\n`);
    return exitCodes.success;
  });
}

async function readModelfile(path: string): Promise<string> {
  const text = await readAll(createReadStream(path), maxModelfileBytes).catch((cause: unknown) => {
    const message = `the Modelfile ${path} cannot be read (${toAppError(cause).message}); give another with -f`;
    throw new AppError("invalid_request", message, { cause });
  });
  if (text !== undefined) return text;
  throw new AppError("invalid_request", `the Modelfile ${path} is longer than ${maxModelfileBytes} bytes`);
}

type Sources = {
  readonly from?: string;
  /** Absolute. */
  readonly files: readonly string[];
  readonly adapters: readonly string[];
};

function readSources({ from, adapters }: Modelfile, folder: string): Sources {
  const isPath = (text: string) => parseReference(text).kind === "path";
  const locate = (path: string) =>
    path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(folder, path);
  const [name, ...others] = from.filter((text) => !isPath(text));
  if (others.length > 0) {
    throw new AppError(
      "invalid_request",
      `the Modelfile starts FROM ${name} and from ${others[0]}; leave one model`,
    );
  }
  return {
    ...(name !== undefined && { from: name }),
    files: from.filter(isPath).flatMap((path) => findParts(locate(path))),
    adapters: adapters.map(locate),
  };
}

/** A split model is meant as a whole by its first part. */
function findParts(path: string): readonly string[] {
  return partPattern.test(basename(path)) ? inspectModelFile(path).paths : [path];
}

async function* build(
  library: ModelLibrary,
  { name, from, files, adapters, settings }: Sources & Pick<CreateRequest, "name" | "settings">,
  signal: AbortSignal,
): AsyncGenerator<WorkEvent, void, undefined> {
  const digests = { files: new Map<string, string>(), adapters: new Map<string, string>() };
  for (const path of files) digests.files.set(path, yield* takeFile(library, path, signal));
  for (const path of adapters) digests.adapters.set(path, yield* takeFile(library, path, signal));
  const request: CreateRequest = {
    name,
    settings,
    ...(from !== undefined && { from }),
    ...(files.length > 0 && { files: Object.fromEntries(digests.files) }),
    ...(adapters.length > 0 && { adapters: Object.fromEntries(digests.adapters) }),
  };
  yield* library.create(request, { signal });
}
