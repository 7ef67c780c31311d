import { AppError, toAppError } from "../base/index.ts";
import type { ModelDescription } from "../contract/index.ts";
import type { Conversation } from "./conversation.ts";
import { type CliIo, createLineReader, type LineReader } from "./io.ts";
import { changeSetting, describeSettings, type Settings, settingNames } from "./settings.ts";
import { formatSources } from "./source-text.ts";
import { visible } from "./table.ts";
import { exitCodes, UsageError } from "./usage-error.ts";

const promptText = ">>> ";
const moreText = "... ";
/** Begins and ends a message of several lines. */
const block = '"""';
const dim = "\x1b[2m";
const reset = "\x1b[0m";

const helpText = `  /set                  show the settings
  /set NAME VALUE       change one: ${settingNames.join(", ")}; VALUE may be default
  /clear                forget the conversation
  /exit                 leave (Ctrl-D too)
  /help                 this list
  ${block}                   begins and ends a message of several lines
  Ctrl-C                stops the answer
`;

export type ChatDeps = {
  readonly io: CliIo;
  readonly conversation: Conversation;
  readonly model: ModelDescription;
};

/** Asks for lines and answers them until /exit, the end of the input, or SIGTERM. */
export async function chat(deps: ChatDeps, initial: Settings): Promise<number> {
  const { io } = deps;
  using reader = createLineReader(io);
  let settings = initial;
  let answering: AbortController | undefined;
  const interrupt = () => {
    if (answering) {
      answering.abort(new AppError("cancelled", "stopped"));
      return;
    }
    io.stdout.write("\n(/exit or Ctrl-D leaves)\n");
    reader.discardLine();
  };
  let isTerminated = false;
  reader.onInterrupt(interrupt);
  const release = io.onSignal((signal) => {
    if (signal === "SIGINT") return interrupt();
    isTerminated = true;
    answering?.abort(new AppError("cancelled", "stopped"));
    reader[Symbol.dispose]();
  });
  try {
    io.stdout.write(`${visible(deps.model.id)}: type a message, or /help\n`);
    for (;;) {
      const line = await readMessage(reader);
      if (line === undefined || /^\/(exit|quit|bye)\s*$/.test(line)) break;
      if (line.startsWith("/")) settings = runCommand(deps, settings, line);
      else if (line.trim() !== "") {
        answering = new AbortController();
        await answer(deps, line, settings, answering.signal);
        answering = undefined;
      }
    }
    return isTerminated ? exitCodes.terminated : exitCodes.success;
  } finally {
    release();
  }
}

/** One line, or several between a pair of `"""`. */
async function readMessage(reader: LineReader): Promise<string | undefined> {
  const first = await reader.next(promptText);
  if (first === undefined || !first.startsWith(block)) return first;
  let message = first.slice(block.length);
  while (!message.endsWith(block)) {
    const line = await reader.next(moreText);
    if (line === undefined) return message;
    message += `\n${line}`;
  }
  return message.slice(0, -block.length).replace(/^\n/, "");
}

function runCommand({ io, conversation }: ChatDeps, settings: Settings, line: string): Settings {
  const [, command = "", name, value = ""] =
    /^\/(\S*)(?:\s+(\S+))?(?:\s+([\s\S]*))?$/.exec(line.trimEnd()) ?? [];
  if (command === "help" || command === "?") io.stdout.write(helpText);
  else if (command === "clear") {
    conversation.clear();
    io.stdout.write("the conversation is forgotten\n");
  } else if (command === "set" && name === undefined) io.stdout.write(visible(describeSettings(settings)));
  else if (command === "set" && name !== undefined) return trySet(io, settings, name, value);
  else io.stdout.write(`there is no command /${visible(command)}; /help lists them\n`);
  return settings;
}

function trySet(io: CliIo, settings: Settings, name: string, value: string): Settings {
  try {
    return changeSetting(settings, name, value);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stdout.write(`${visible(error.message)}\n`);
    return settings;
  }
}

async function answer(
  { io, conversation }: ChatDeps,
  prompt: string,
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  const isTerminal = io.stdout.isTTY === true;
  let kind: "text" | "reasoning" = "text";
  let sources = "";
  try {
    const pieces = conversation.ask(prompt, settings, signal);
    for (;;) {
      const next = await pieces.next();
      if (next.done) {
        if (next.value.reason === "length")
          io.stdout.write(`\n(cut off after ${next.value.usage?.completionTokens ?? "all"} tokens)`);
        break;
      }
      if (next.value.type === "context") {
        sources = formatSources(next.value.context);
        continue;
      }
      const { type, text } = next.value;
      if (type !== kind)
        io.stdout.write(type === "reasoning" ? (isTerminal ? dim : "") : `${isTerminal ? reset : ""}\n`);
      kind = type;
      io.stdout.write(visible(text));
    }
    io.stdout.write(`\n${sources}`);
  } catch (error) {
    const { code, message } = toAppError(error);
    const hint = code === "context_limit_exceeded" ? "; /clear makes room" : "";
    io.stdout.write(code === "cancelled" ? "\n(stopped)\n" : `\nerror: ${visible(message)}${hint}\n`);
  } finally {
    if (kind === "reasoning" && isTerminal) io.stdout.write(reset);
  }
}
