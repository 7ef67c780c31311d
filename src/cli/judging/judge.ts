import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { AppError } from "../../base/index.ts";
import {
  changeSuite,
  type JudgeReport,
  parseStarter,
  parseSuite,
  reachesBar,
  type Suite,
  type Suites,
  starterText,
  toJunit,
  toReportBody,
  toRunSummary,
} from "../../judges/index.ts";
import { canonicalName, looksLikePath } from "../../models/index.ts";
import { readConfig } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { untilStopped } from "../stoppable.ts";
import { formatTable, oneLine, toJsonText } from "../table.ts";
import { formatAgo } from "../times.ts";
import { asUsage, exitCodes, UsageError } from "../usage-error.ts";
import {
  chooseTask,
  type JudgeOptions,
  type JudgeTask,
  listReportFiles,
  readConcurrency,
  readSuiteChanges,
} from "./judge-options.ts";
import { createJudgeProgress } from "./judge-progress.ts";
import { requireWritable, writeReport } from "./report-files.ts";
import { formatReport } from "./report-text.ts";
import { hintingAtPaths } from "./resume-hint.ts";

/** Runs suites and tells of runs. Ends with code 1 below the bar and where a run ended early. */
export async function judge(deps: CliDeps, options: JudgeOptions): Promise<number> {
  const task = chooseTask(options);
  if (task.type === "init") return await writeStarter(deps, task.file);
  if (task.type === "probe") {
    const { probe } = await import("./probe.ts");
    return await probe(deps, options, task.file);
  }
  requireWritable(listReportFiles(options.given));
  readConcurrency(options.given);
  const plan = isWork(task) ? await readSuite(options) : undefined;
  const named = listModels(task, options, plan);
  const config = await readConfig(deps, {
    ...options,
    flags: { logLevel: "error", ...options.flags, ...(named.length > 0 && { models: named }) },
  });
  const app = await deps.createApp(config);
  const idOf = createIdOf(named, app.models);
  try {
    const { suites } = await app.judges();
    return await untilStopped(deps.io, async (signal) => {
      if (task.type === "list") return await list(deps, suites, options);
      const report = await obtain(deps, { suites, signal, task, options, idOf, suite: plan });
      await tell(deps, report, options);
      return task.type === "show" ? exitCodes.success : toExitCode(deps, report);
    });
  } finally {
    await app.stop(AbortSignal.abort());
  }
}

type Work = {
  readonly suites: Suites;
  readonly signal: AbortSignal;
  readonly task: JudgeTask;
  readonly options: JudgeOptions;
  /** The name of a model that the command line named by name or path. */
  readonly idOf: (reference: string) => string;
  readonly suite: Suite | undefined;
};

async function obtain(deps: CliDeps, work: Work): Promise<JudgeReport> {
  const { suites, signal, task, options, idOf, suite } = work;
  if (task.type === "show") return await suites.report(task.run);
  using progress = createJudgeProgress(deps.io.stderr);
  const how = { signal, ...readConcurrency(options.given), onProgress: progress.show };
  if (task.type === "resume") {
    return await hintingAtPaths(`hearth judge PATH --resume ${task.run}`, suites.resume(task.run, how));
  }
  if (!suite) throw new UsageError("there is no suite to run");
  const { judgeModel: judge = suite.judgeModel, suite: file } = options.given;
  const judgeModel = judge === undefined ? {} : { judgeModel: idOf(judge) };
  if (task.type === "compare") {
    const choice = { models: task.models.map(idOf), ...judgeModel };
    return await asUsage(naming(file, suites.compare(suite, choice, how)));
  }
  const { model = suite.model } = options;
  const choice = { ...(model !== undefined && { model: idOf(model) }), ...judgeModel };
  return await asUsage(naming(file, suites.run(suite, choice, how)));
}

/** What a run finds wrong with a case is told with the file that the case stands in. */
async function naming<T>(file: string | undefined, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const isOfCase = error instanceof AppError && String(error.details.param ?? "").startsWith("cases[");
    if (file === undefined || !isOfCase) throw error;
    const { code, message, details } = error;
    throw new AppError(code, `${file}: ${message}`, { cause: error, details });
  }
}

function isWork({ type }: JudgeTask): boolean {
  return type === "run" || type === "compare";
}

/** Each once, in the order of the command line; they are configured so, which gives paths their names. */
function listModels(
  task: JudgeTask,
  { model, given }: JudgeOptions,
  suite: Suite | undefined,
): readonly string[] {
  const asked = task.type === "compare" ? task.models : [model ?? suite?.model];
  const judgeModel = given.judgeModel ?? suite?.judgeModel;
  return [...new Set([...asked, judgeModel].filter((name) => name !== undefined))];
}

/** Two references can mean one model; then names still tell which, and paths do not. */
function createIdOf(named: readonly string[], configured: readonly string[]): (reference: string) => string {
  const isOneToOne = named.length === configured.length;
  return (reference) => {
    const id = isOneToOne ? configured[named.indexOf(reference)] : undefined;
    if (id !== undefined) return id;
    if (!looksLikePath(reference)) return canonicalName(reference);
    throw new UsageError(`${reference} is named twice in different ways; write each model the same way`);
  };
}

async function readSuite({ given }: JudgeOptions): Promise<Suite> {
  const { suite: file } = given;
  const changes = readSuiteChanges(given);
  const parse = async () => {
    const suite = file === undefined ? parseStarter() : parseSuite(await readText(file), file);
    return changeSuite(suite, changes, file ?? "starter.yaml");
  };
  return await asUsage(parse());
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const reason = existsSync(file) ? "it cannot be read" : "there is no such file";
    throw new UsageError(`${file}: ${reason}; hearth judge --init FILE writes a suite to begin with`, {
      cause,
    });
  }
}

async function writeStarter({ io }: CliDeps, file: string): Promise<number> {
  if (file === "-") {
    io.stdout.write(starterText);
    return exitCodes.success;
  }
  if (existsSync(file)) throw new UsageError(`${file} is there already; name a new file`);
  requireWritable([file]);
  await writeReport(file, starterText, "name another file");
  io.stdout.write(`wrote ${oneLine(file)}; hearth judge MODEL --suite ${oneLine(file)} runs it\n`);
  return exitCodes.success;
}

async function list({ io }: CliDeps, suites: Suites, { given }: JudgeOptions): Promise<number> {
  const runs = await suites.list();
  if (given.json) {
    io.stdout.write(`${toJsonText(runs.map(toRunSummary), 2)}\n`);
    return exitCodes.success;
  }
  const rows = runs.map(({ id, kind, name, model, status, updatedAtMs }) => [
    ...[id, kind, oneLine(name), oneLine(model), status, formatAgo(updatedAtMs, Date.now())],
  ]);
  io.stdout.write(formatTable(["RUN", "KIND", "SUITE", "MODEL", "STATUS", "CHANGED"], rows));
  return exitCodes.success;
}

async function tell({ io }: CliDeps, report: JudgeReport, { given }: JudgeOptions): Promise<void> {
  const { junit, out, json = false } = given;
  if (junit !== undefined && report.kind !== "suite") {
    throw new UsageError("--junit tells of one run; this is a comparison");
  }
  io.stdout.write(json ? `${toJsonText(toReportBody(report), 2)}\n` : formatReport(report));
  const again = `hearth judge --show ${report.run.id} tells it again`;
  if (out !== undefined) {
    await writeReport(out, `${JSON.stringify(toReportBody(report), undefined, 2)}\n`, again);
  }
  if (junit !== undefined && report.kind === "suite") await writeReport(junit, toJunit(report), again);
}

function toExitCode({ io }: CliDeps, report: JudgeReport): number {
  const { id, error } = report.run;
  if (error) {
    io.stderr.write(`hearth: ${oneLine(error.message)}; hearth judge --resume ${id} goes on from there\n`);
    return exitCodes.failure;
  }
  return report.kind === "comparison" || reachesBar(report) ? exitCodes.success : exitCodes.failure;
}
