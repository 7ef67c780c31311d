import { AppError } from "../../base/index.ts";
import { parseTrajectoryConfig, type TrajectoryConfig } from "../../judges/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import { UsageError } from "../usage-error.ts";

/** As commander gives them. */
export type AnalyzeFlags = {
  readonly [Name in
    | "text"
    | "ctx"
    | "maxTokens"
    | "temperature"
    | "seed"
    | "topK"
    | "out"
    | "calibrate"]?: string;
} & { readonly gate?: boolean; readonly json?: boolean };

export type AnalyzeOptions = ConfigFlags & {
  readonly model: string;
  /** Empty where none stands on the command line. */
  readonly prompt: string;
  readonly given: AnalyzeFlags;
};

/** What one call of the command is for. */
export type AnalyzeTask =
  | { readonly type: "answer"; readonly config: TrajectoryConfig; readonly map?: HeatMapFile }
  | { readonly type: "text"; readonly file: string; readonly windowTokens?: number }
  | { readonly type: "calibrate"; readonly file: string };

type HeatMapFile = { readonly path: string; readonly format: "svg" | "html" };

/** Names of the flags as they are typed, and of what they set. */
const configFlags = [
  ["maxTokens", "max-tokens", "max_new_tokens"],
  ["temperature", "temperature", "temperature"],
  ["seed", "seed", "seed"],
  ["topK", "top-k", "top_k"],
] as const;
const answerFlags = [...configFlags.map(([key]) => key), "out", "gate"] as const;

/** Throws UsageError for values that are wrong and flags that do not go together. */
export function chooseTask({ prompt, given }: AnalyzeOptions): AnalyzeTask {
  const { text, calibrate, ctx } = given;
  if (text !== undefined && calibrate !== undefined) throw new UsageError("give --text or --calibrate");
  if (ctx !== undefined && text === undefined) {
    throw new UsageError("--ctx is the window of --text; give a --text, or leave it out");
  }
  if (text === undefined && calibrate === undefined) {
    return { type: "answer", config: readConfigOf(given), ...readMapFile(given) };
  }
  const name = text === undefined ? "--calibrate" : "--text";
  if (prompt !== "") throw new UsageError(`${name} answers no prompt; leave the prompt out`);
  const stray = answerFlags.find((flag) => given[flag] !== undefined);
  if (stray !== undefined)
    throw new UsageError(`${name} answers nothing, so --${toFlag(stray)} says nothing`);
  if (text === undefined) return { type: "calibrate", file: calibrate ?? "" };
  return { type: "text", file: text, ...(ctx !== undefined && { windowTokens: readWindow(ctx) }) };
}

function toFlag(name: (typeof answerFlags)[number]): string {
  return configFlags.find(([key]) => key === name)?.[1] ?? name;
}

function readConfigOf(given: AnalyzeFlags): TrajectoryConfig {
  const fields = configFlags.flatMap(([key, flag, field]) => {
    const text = given[key];
    if (text === undefined) return [];
    const value = text.trim() === "" ? Number.NaN : Number(text);
    checkField(flag, field, { text, value });
    return [[field, value] as const];
  });
  return parseTrajectoryConfig(Object.fromEntries(fields));
}

/** One at a time, so that the flag can be named that was given wrong. */
function checkField(flag: string, field: string, { text, value }: { text: string; value: number }): void {
  try {
    parseTrajectoryConfig({ [field]: value }, "");
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    const reason = cause.message.replace(`${field}: `, "");
    throw new UsageError(`--${flag}: ${reason}, got ${JSON.stringify(text)}`, { cause });
  }
}

function readMapFile({ out }: AnalyzeFlags): { readonly map?: HeatMapFile } {
  if (out === undefined) return {};
  const format = /\.(svg|html)$/i.exec(out)?.[1]?.toLowerCase();
  if (format === "svg" || format === "html") return { map: { path: out, format } };
  throw new UsageError(`--out: expected a file that ends with .svg or .html, got ${JSON.stringify(out)}`);
}

function readWindow(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= 1) return value;
  throw new UsageError(`--ctx: expected a whole number of tokens, got ${JSON.stringify(text)}`);
}
