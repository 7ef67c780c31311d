import { maxConcurrency, maxRepetitions, maxSuiteSeed } from "../../judges/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import { UsageError } from "../usage-error.ts";

/** As commander gives them. */
export type JudgeFlags = {
  readonly [Name in
    | "suite"
    | "init"
    | "judgeModel"
    | "repetitions"
    | "concurrency"
    | "seed"
    | "bar"
    | "resume"
    | "show"
    | "junit"
    | "out"]?: string;
} & {
  /** The file of a probe, or true for the usual one. */
  readonly probe?: string | true;
  readonly compare?: readonly string[];
  readonly runs?: boolean;
  readonly json?: boolean;
};

export type JudgeOptions = ConfigFlags & { readonly model?: string; readonly given: JudgeFlags };

/** What one call of the command is for. */
export type JudgeTask =
  | { readonly type: "init"; readonly file: string }
  | { readonly type: "probe"; readonly file?: string }
  | { readonly type: "list" }
  | { readonly type: "show"; readonly run: string }
  | { readonly type: "resume"; readonly run: string }
  | { readonly type: "compare"; readonly models: readonly string[] }
  | { readonly type: "run" };

/** Numbers that change a suite; those that are absent leave it as it is. */
export type SuiteChanges = {
  readonly repetitions?: number;
  readonly seed?: number;
  readonly passRate?: number;
};

/** Throws UsageError for flags that do not go together. */
export function chooseTask({ model, given }: JudgeOptions): JudgeTask {
  const { init, probe, runs, show, resume, compare, junit } = given;
  const asked = Object.entries({ init, probe, runs, show, resume, compare }).filter(
    ([, value]) => value !== undefined,
  );
  if (asked.length > 1) {
    throw new UsageError(`${asked.map(([name]) => `--${name}`).join(" and ")} do not go together`);
  }
  if (init !== undefined) return { type: "init", file: init };
  if (probe !== undefined) return { type: "probe", ...(typeof probe === "string" && { file: probe }) };
  if (runs) return { type: "list" };
  if (show !== undefined || resume !== undefined) refuseChanges(given);
  if (show !== undefined) return { type: "show", run: show };
  if (resume !== undefined) return { type: "resume", run: resume };
  if (compare === undefined) return { type: "run" };
  if (junit !== undefined) throw new UsageError("--junit tells of one run; --out has a whole comparison");
  const models = model === undefined ? compare : [model, ...compare];
  if (models.length < 2) throw new UsageError("--compare: name the models to compare, such as --compare A B");
  return { type: "compare", models };
}

/** A run is what it began as. */
function refuseChanges({ suite, bar, seed, repetitions, judgeModel }: JudgeFlags): void {
  const changes = { suite, bar, seed, repetitions, "judge-model": judgeModel };
  const change = Object.entries(changes).find(([, value]) => value !== undefined);
  if (change) throw new UsageError(`--${change[0]} changes nothing of a stored run; leave it out`);
}

export function readSuiteChanges({ repetitions, seed, bar }: JudgeFlags): SuiteChanges {
  return {
    ...(repetitions !== undefined && {
      repetitions: readWhole("repetitions", repetitions, [1, maxRepetitions]),
    }),
    ...(seed !== undefined && { seed: readWhole("seed", seed, [0, maxSuiteSeed]) }),
    ...(bar !== undefined && { passRate: readShare("bar", bar) }),
  };
}

export function readConcurrency({ concurrency }: JudgeFlags): { readonly concurrency?: number } {
  if (concurrency === undefined) return {};
  return { concurrency: readWhole("concurrency", concurrency, [1, maxConcurrency]) };
}

export function listReportFiles({ junit, out }: JudgeFlags): readonly string[] {
  return [out, junit].filter((path) => path !== undefined);
}

function readWhole(name: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const wanted = `a whole number from ${least} to ${most}`;
  throw new UsageError(`--${name}: expected ${wanted}, got ${JSON.stringify(text)}`);
}

function readShare(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  throw new UsageError(`--${name}: expected a number from 0 to 1, got ${JSON.stringify(text)}`);
}
