import { type Failure, PluginFailure } from "../../plugin-host/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import type { CliIo } from "../io.ts";
import { untilStopped } from "../stoppable.ts";
import { toJsonText, visible } from "../table.ts";
import { exitCodes } from "../usage-error.ts";
import { readCallInput } from "./call-input.ts";
import { findTarget, hasContract } from "./call-target.ts";
import { type DecisionFlags, type GivenDecisions, parseDecisions } from "./decisions.ts";
import { type OpenPlugins, openPlugins } from "./open-plugins.ts";

export type CallOptions = ConfigFlags & {
  /** A name, or the path of a .wasm file. */
  readonly plugin: string;
  /** A path, or `-` for what is piped in. */
  readonly input?: string;
  readonly export?: string;
  readonly json: boolean;
  readonly decisions: DecisionFlags;
};

type Asked = Pick<CallOptions, "plugin" | "input" | "export"> & { readonly given: GivenDecisions };

/** What is printed: a value, the text of an export without a contract, or a failure. */
type Answer =
  | { readonly type: "value"; readonly value: unknown }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "failure"; readonly failure: Failure };

/** Calls a plugin once, in the sandbox of the server. What fails of it is JSON on stdout, and code 1. */
export async function call(deps: CliDeps, options: CallOptions): Promise<number> {
  const given = parseDecisions(options.decisions);
  await using opened = await openPlugins(deps, options);
  return await untilStopped(deps.io, async (signal) => {
    const answer = await ask(deps.io, opened, { ...options, given }, signal).catch(toFailure);
    signal.throwIfAborted();
    deps.io.stdout.write(
      formatAnswer(answer, { json: options.json, isTerminal: deps.io.stdout.isTTY === true }),
    );
    return answer.type === "failure" ? exitCodes.failure : exitCodes.success;
  });
}

async function ask(
  io: CliIo,
  opened: OpenPlugins,
  { plugin, given, ...asked }: Asked,
  signal: AbortSignal,
): Promise<Answer> {
  const target = await findTarget(opened, plugin, given);
  const isChecked = hasContract(target.manifest, asked.export);
  const input = await readCallInput(io, asked.input, { isJson: isChecked, signal });
  const result = await target.call({
    ...(asked.export !== undefined && { export: asked.export }),
    input,
    signal,
  });
  for (const { level, text } of opened.plugins.logs(target.name))
    io.stderr.write(`${level}: ${visible(text)}\n`);
  if (!result.ok) return { type: "failure", failure: result.failure };
  return isChecked ? { type: "value", value: result.output } : { type: "text", text: toText(result.output) };
}

/** A failure of the plugin is an answer; what else goes wrong is not. */
function toFailure(error: unknown): Answer {
  if (error instanceof PluginFailure) return { type: "failure", failure: error.toRecord() };
  throw error;
}

function toText(output: unknown): string {
  if (!(output instanceof Uint8Array)) return String(output);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(output);
  } catch (cause) {
    throw new PluginFailure("output_not_utf8", "its output is not text in UTF-8", { cause });
  }
}

function formatAnswer(
  answer: Answer,
  { json, isTerminal }: { readonly json: boolean; readonly isTerminal: boolean },
): string {
  const toJson = (value: unknown) => `${toJsonText(value, isTerminal && !json ? 2 : undefined)}\n`;
  switch (answer.type) {
    case "value":
      return toJson(answer.value);
    case "failure": {
      const { code, message } = answer.failure;
      return toJson({ error: { code, message } });
    }
    case "text": {
      const text = json && !isJson(answer.text) ? toJsonText(answer.text) : answer.text;
      return `${(isTerminal ? visible(text) : text).replace(/\n$/, "")}\n`;
    }
    default:
      return answer satisfies never;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
