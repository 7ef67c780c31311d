import { AppError } from "../base/index.ts";
import type { Config } from "../config/index.ts";
import type { AdapterUse, ModelDescription } from "../contract/index.ts";
import { builtInModel, parseReference } from "../models/index.ts";
import { findOrPull } from "./at-hand.ts";
import { chat } from "./chat.ts";
import { type ConfigFlags, readConfig } from "./config-flags.ts";
import { type Conversation, createConversation } from "./conversation.ts";
import type { CliApp, CliDeps } from "./deps.ts";
import { readAll, type StopSignal } from "./io.ts";
import { changeSetting, type Settings } from "./settings.ts";
import { formatSources } from "./source-text.ts";
import { untilStopped } from "./stoppable.ts";
import { visible } from "./table.ts";
import { exitCodes, UsageError } from "./usage-error.ts";

/** Longest prompt that is read from a pipe. */
const maxPipedBytes = 16 * 2 ** 20;

export type RunOptions = ConfigFlags & {
  readonly model: string;
  readonly prompt: string;
  /** Adapters as `NAME` or `NAME=SCALE`. */
  readonly adapters: readonly string[];
  /** Settings as the flags gave them. */
  readonly settings: Readonly<Record<string, string | undefined>>;
};

/** Chats on a terminal; with a prompt, given or piped, prints the answer alone. */
export async function run(deps: CliDeps, options: RunOptions): Promise<number> {
  const given = readSettings(options);
  const prompt = await readPrompt(deps, options.prompt);
  const config = await readQuietConfig(deps, options);
  const { collections } = config;
  const settings = { ...given, ...(collections.length > 0 && { collections }) };
  const fetched = await fetchMissing(deps, config, options.model);
  if (fetched !== exitCodes.success) return fetched;
  const app = await deps.createApp(config);
  try {
    const model = await loadModel(app, options.model);
    const conversation = createConversation(app, model);
    if (prompt === undefined) return await chat({ io: deps.io, conversation, model }, settings);
    return await answerOnce(deps, conversation, prompt, settings);
  } finally {
    await app.stop(AbortSignal.abort());
  }
}

function readSettings({ settings: given, adapters }: RunOptions): Settings {
  return Object.entries(given).reduce<Settings>(
    (settings, [name, value]) => (value === undefined ? settings : changeSetting(settings, name, value)),
    { sampling: {}, ...(adapters.length > 0 && { adapters: adapters.map(readAdapter) }) },
  );
}

function readAdapter(text: string): AdapterUse {
  const [, name = "", scaleText] = /^([^=]+)(?:=(.*))?$/.exec(text) ?? [];
  const scale = scaleText === undefined ? 1 : Number(scaleText);
  if (name !== "" && scaleText !== "" && Number.isFinite(scale)) return { name, scale };
  throw new UsageError(
    `--lora: expected a name and a scale such as my-style=0.5, got ${JSON.stringify(text)}`,
  );
}

/** The prompt of the command line and of a pipe, in this order; undefined where a person is to be asked. */
async function readPrompt({ io }: CliDeps, argument: string): Promise<string | undefined> {
  if (io.stdin.isTTY === true) return argument === "" ? undefined : argument;
  const piped = await readAll(io.stdin, maxPipedBytes);
  if (piped === undefined)
    throw new UsageError(`the piped prompt is longer than ${maxPipedBytes} bytes; give less`);
  const prompt = [argument, piped.trimEnd()].filter((part) => part !== "").join("\n\n");
  if (prompt.trim() === "")
    throw new UsageError('there is nothing to answer; try: hearth run hearth-demo "Who are you?"');
  return prompt;
}

/** The model's log would stand between the lines of the chat, so only errors of it are shown unless asked for. */
async function readQuietConfig(deps: CliDeps, { flags, file, model }: RunOptions): Promise<Config> {
  const quiet = deps.environment.HEARTH_LOG_LEVEL ? {} : { logLevel: "error" };
  return await readConfig(deps, {
    flags: { ...quiet, ...flags, models: [model] },
    ...(file !== undefined && { file }),
  });
}

/** A name that is not at hand is pulled; a path is read where it is. */
async function fetchMissing(deps: CliDeps, config: Config, reference: string): Promise<number> {
  if (reference === builtInModel || parseReference(reference).kind === "path") return exitCodes.success;
  const library = await deps.openLibrary({ ...config, models: [] });
  try {
    return await untilStopped(deps.io, async (signal) => {
      await findOrPull(deps.io, library, reference, signal);
      return exitCodes.success;
    });
  } finally {
    await library.close();
  }
}

async function loadModel(app: CliApp, reference: string): Promise<ModelDescription> {
  const id = app.models[0] ?? reference;
  const model = await app.engine.load(id);
  if (!model.capabilities.generate) {
    throw new AppError(
      "invalid_request",
      `${id} makes embeddings and no text; serve it and call /v1/embeddings`,
    );
  }
  return model;
}

async function answerOnce(
  { io }: CliDeps,
  conversation: Conversation,
  prompt: string,
  settings: Settings,
): Promise<number> {
  const controller = new AbortController();
  let stoppedBy: StopSignal | undefined;
  const release = io.onSignal((signal) => {
    stoppedBy ??= signal;
    controller.abort(new AppError("cancelled", "stopped"));
  });
  try {
    const isTerminal = io.stdout.isTTY === true;
    let sources = "";
    for await (const piece of conversation.ask(prompt, settings, controller.signal)) {
      if (piece.type === "text") io.stdout.write(isTerminal ? visible(piece.text) : piece.text);
      else if (piece.type === "context") sources = formatSources(piece.context);
    }
    io.stdout.write("\n");
    io.stderr.write(sources);
    return exitCodes.success;
  } catch (error) {
    if (stoppedBy === undefined) throw error;
    return stoppedBy === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated;
  } finally {
    release();
  }
}
