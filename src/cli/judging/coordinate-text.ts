/** What a measurement says, as a person reads it on a terminal. Texts of models are kept from steering it. */
import {
  type CoordinationProgress,
  type CoordinationRun,
  computeCaveat,
  listMeasures,
  toCoordinationVerdict,
} from "../../judges/index.ts";
import type { CliOutput } from "../io.ts";
import { formatTable, oneLine, visible } from "../table.ts";

const defaultColumns = 80;
const longestLine = 100;
const shortestLine = 40;

const steps: Readonly<Record<CoordinationProgress["step"], string>> = {
  baseline: "each agent alone",
  coordinating: "the team",
  judging: "judging the team's answer",
  control: "independent answers for the same tokens",
};

/** `columns` are those of the terminal, where there is one. */
export function formatRun({ run, repeatsDone, spec, result }: CoordinationRun, columns = 0): string {
  const tail = `run ${run.id}, ${oneLine(run.model)}, ${run.status}\n`;
  if (!result) {
    const error = run.error ? `${oneLine(run.error.message)}\n` : "";
    return `${oneLine(spec.task)}\n${error}${repeatsDone} of ${spec.repeats} repeats are done\n${tail}`;
  }
  const rows = listMeasures(result).map(({ name, value }) => [name, oneLine(value)]);
  const meanings = listMeasures(result).filter(({ meaning }) => meaning !== "");
  const width = Math.max(...meanings.map(({ name }) => name.length));
  const longest = columns > 0 ? Math.max(shortestLine, Math.min(longestLine, columns)) : longestLine;
  const wrap = (text: string, indent = 0) => breakLines(text, { longest, indent });
  return [
    `${heading("task")}${visible(result.task)}\n`,
    `${heading(`answer of the team (${result.strategy}, ${result.models.length} agents)`)}${visible(result.finalAnswer)}\n`,
    heading("measures"),
    formatTable(["MEASURE", "VALUE"], rows),
    heading("what they mean"),
    ...meanings.map(({ name, meaning }) => wrap(`${name.padEnd(width)}  ${oneLine(meaning)}`, width + 2)),
    "\n",
    wrap(toCoordinationVerdict(result)),
    wrap(computeCaveat),
    ...result.warnings.map((warning) => wrap(`warning: ${oneLine(warning)}`)),
    ...describeUnscored(result.unscored).map((line) => wrap(line)),
    ...describeDrift(result.drift),
    `\n${tail}`,
  ].join("");
}

function describeUnscored(unscored: readonly { readonly reason: string }[]): readonly string[] {
  const [first] = unscored;
  if (!first) return [];
  return [`unscored: ${unscored.length} texts; the first, because ${oneLine(first.reason)}`];
}

/** Flags that are up; the numbers are in --json. */
function describeDrift(drift: NonNullable<CoordinationRun["result"]>["drift"]): readonly string[] {
  return Object.entries(drift).flatMap(([name, { legacy, pageHinkley, adwin }]) => {
    const flags = [
      ...(legacy.isDrift ? ["legacy_drift"] : []),
      ...(pageHinkley.drop !== undefined ? ["page_hinkley (drop)"] : []),
      ...(pageHinkley.rise !== undefined ? ["page_hinkley (rise)"] : []),
      ...(adwin.length > 0 ? ["adwin"] : []),
    ];
    const of = name === "quality" ? "quality" : "gamma";
    return flags.length === 0 ? [] : [`drift of ${of} over all runs of this task: ${flags.join(", ")}\n`];
  });
}

function heading(text: string): string {
  return `\n${text.toUpperCase()}\n`;
}

/** At words, with the lines that follow set in by `indent`. */
function breakLines(
  text: string,
  { longest, indent }: { readonly longest: number; readonly indent: number },
): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\s)(?=\S)/)) {
    if (line !== "" && line.length + word.trimEnd().length > longest) {
      lines.push(line.trimEnd());
      line = " ".repeat(indent);
    }
    line += word;
  }
  return `${[...lines, line.trimEnd()].join("\n")}\n`;
}

export type CoordinateProgress = Disposable & { readonly show: (progress: CoordinationProgress) => void };

/** One line that is redrawn on a terminal, a line for each repeat elsewhere. */
export function createCoordinateProgress(output: CliOutput): CoordinateProgress {
  const isTerminal = output.isTTY === true;
  let told: CoordinationProgress | undefined;
  return {
    show(progress) {
      const { runId, repeat, repeats, step } = progress;
      if (told === undefined) output.write(`${isTerminal ? "\r\x1b[K" : ""}run ${runId}\n`);
      const text = `repeat ${repeat} of ${repeats}`;
      if (isTerminal) {
        const line = `${text}: ${steps[step]}`;
        output.write(`\r${line.slice(0, (output.columns || defaultColumns) - 1)}\x1b[K`);
      } else if (told?.repeat !== repeat) output.write(`${text}\n`);
      told = progress;
    },
    [Symbol.dispose]: () => {
      if (isTerminal) output.write("\r\x1b[K");
    },
  };
}
