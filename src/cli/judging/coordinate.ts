import { AppError, toAppError } from "../../base/index.ts";
import {
  type Coordination,
  type CoordinationRun,
  parseCoordinationSpec,
  roundScore,
  toCoordinationBody,
  toCoordinationHtml,
  toCoordinationMarkdown,
  toCoordinationRunBody,
} from "../../judges/index.ts";
import { readConfig } from "../config-flags.ts";
import type { CliApp, CliDeps } from "../deps.ts";
import { readAll } from "../io.ts";
import { untilStopped } from "../stoppable.ts";
import { formatTable, oneLine, toJsonText } from "../table.ts";
import { formatAgo } from "../times.ts";
import { asUsage, exitCodes, UsageError } from "../usage-error.ts";
import {
  type CoordinateFlags,
  type CoordinateOptions,
  type CoordinateWork,
  chooseWork,
  listModels,
  nameFlag,
  type ReportFile,
  readBudget,
  readMinGamma,
  readReports,
  toSpecFields,
} from "./coordinate-options.ts";
import { createCoordinateProgress, formatRun } from "./coordinate-text.ts";
import { requireWritable, writeReport } from "./report-files.ts";
import { hintingAtPaths } from "./resume-hint.ts";

const maxPipedBytes = 2 ** 20;

/** Measures a team, or tells of runs. Ends with code 1 where a run failed or did not pass its gate. */
export async function coordinate(deps: CliDeps, options: CoordinateOptions): Promise<number> {
  const work = await readTask(deps, chooseWork(options));
  const { given } = options;
  const named = listModels(given);
  const reports = readReports(given);
  const minGamma = readMinGamma(given);
  requireWritable(reports.map(({ path }) => path));
  // What is wrong with the flags should be known before anything is loaded.
  if (work.type === "measure") await parseSpec(work.task, given, (name) => name);
  const models = named.length === 0 ? {} : { models: named };
  const flags = { logLevel: "error", ...options.flags, ...models };
  const app = await deps.createApp(await readConfig(deps, { ...options, flags }));
  try {
    const { coordination } = await app.judges();
    if (work.type === "list") return await list(deps, coordination, given);
    return await untilStopped(deps.io, async (signal) => {
      const run = await obtain(deps, { app, coordination, work, given, named, signal });
      await tell(deps, run, { given, reports });
      return work.type === "show" ? exitCodes.success : checkGate(deps, run, { given, minGamma });
    });
  } finally {
    await app.stop(AbortSignal.abort());
  }
}

type Obtaining = {
  readonly app: CliApp;
  readonly coordination: Coordination;
  readonly work: Exclude<CoordinateWork, { type: "list" }>;
  readonly given: CoordinateFlags;
  readonly named: readonly string[];
  readonly signal: AbortSignal;
};

async function obtain(
  { io }: CliDeps,
  { app, coordination, work, given, ...rest }: Obtaining,
): Promise<CoordinationRun> {
  const { named, signal } = rest;
  if (work.type === "show") return await coordination.get(work.run);
  using progress = createCoordinateProgress(io.stderr);
  const how = { signal, onProgress: progress.show };
  try {
    if (work.type === "resume") {
      const budget = readBudget(given);
      const resumed = coordination.resume(work.run, { ...how, ...(budget && { budget }) });
      return await hintingAtPaths(`hearth coordinate --model PATH --resume ${work.run}`, resumed);
    }
    // A path that was named has become the name of a model.
    const idOf = (name: string) => app.models[named.indexOf(name)] ?? name;
    return await coordination.measure(await parseSpec(work.task, given, idOf), how);
  } catch (error) {
    throw withResumeHint(error);
  }
}

async function parseSpec(task: string, given: CoordinateFlags, idOf: (name: string) => string) {
  const parse = async () => {
    try {
      return parseCoordinationSpec(toSpecFields(task, given, idOf));
    } catch (error) {
      throw nameFlag(error);
    }
  };
  return await asUsage(parse());
}

function withResumeHint(error: unknown): AppError {
  const { code, message, details } = toAppError(error);
  const { run } = details;
  if (typeof run !== "string") return toAppError(error);
  const hint = `${message}\nwhat was measured is kept; hearth coordinate --resume ${run} goes on from there`;
  return new AppError(code, hint, { cause: error, details });
}

async function readTask({ io }: CliDeps, work: CoordinateWork): Promise<CoordinateWork> {
  if (work.type !== "measure" || work.task !== "-") return work;
  const task = await readAll(io.stdin, maxPipedBytes);
  if (task === undefined)
    throw new UsageError(`the piped task is longer than ${maxPipedBytes} bytes; give less`);
  return { type: "measure", task: task.trim() };
}

async function list({ io }: CliDeps, coordination: Coordination, { json }: CoordinateFlags): Promise<number> {
  const runs = await coordination.list();
  if (json) io.stdout.write(`${toJsonText(runs.map(toCoordinationRunBody), 2)}\n`);
  else {
    const rows = runs.map(({ id, name, model, status, updatedAtMs }) => [
      ...[id, oneLine(name), oneLine(model), status, formatAgo(updatedAtMs, Date.now())],
    ]);
    io.stdout.write(formatTable(["RUN", "TASK", "MODEL", "STATUS", "CHANGED"], rows));
  }
  return exitCodes.success;
}

async function tell(
  { io }: CliDeps,
  run: CoordinationRun,
  { given, reports }: { readonly given: CoordinateFlags; readonly reports: readonly ReportFile[] },
): Promise<void> {
  const { result } = run;
  const text = given.json ? `${toJsonText(toCoordinationBody(run), 2)}\n` : formatRun(run, io.stdout.columns);
  io.stdout.write(text);
  for (const { path, format } of reports) {
    if (!result)
      throw new UsageError(`${run.run.id} is not complete, so there is no report; resume it first`);
    const report = format === "md" ? toCoordinationMarkdown(result) : toCoordinationHtml(result);
    await writeReport(path, report, `hearth coordinate --show ${run.run.id} tells it again`);
  }
}

function checkGate(
  { io }: CliDeps,
  { result }: CoordinationRun,
  { given, minGamma }: { readonly given: CoordinateFlags; readonly minGamma: number | undefined },
): number {
  const effect = result?.effect;
  const isEffective = effect?.scored === true && effect.isEffective === true;
  const gamma = effect?.scored && effect.isGammaDefined ? roundScore(effect.gamma) : undefined;
  const misses = [
    ...(given.gate && !isEffective ? ["coordination was not shown to be effective"] : []),
    ...(minGamma !== undefined && !(gamma !== undefined && gamma >= minGamma)
      ? [`gamma is ${gamma ?? "undefined"}, and ${minGamma} was asked for`]
      : []),
  ];
  if (misses.length === 0) return exitCodes.success;
  io.stderr.write(`hearth: the gate is closed: ${misses.join("; ")}\n`);
  return exitCodes.failure;
}
