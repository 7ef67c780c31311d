/** The same suite on several models: each has a run of its own, and the comparison knows which. */
import { z } from "zod";
import { AppError } from "../../base/index.ts";
import type { Run, StoredRun } from "../runs/run.ts";
import { type Comparison, compareModels } from "./comparison.ts";
import { toSuite } from "./parse-suite.ts";
import { judgePreferences, type Preference, preferenceBody } from "./preferences.ts";
import { toRunEnd, type WorkOptions } from "./run-suite.ts";
import { countAnswers, needsModel, type Suite } from "./suite.ts";
import type { SuiteReport } from "./suite-report.ts";
import {
  prepareSuite,
  readSuiteReport,
  resumeSuite,
  type SuiteChoice,
  type SuiteDeps,
  startSuite,
  toCancelled,
} from "./suite-runs.ts";
import { maxAnswers } from "./suite-schema.ts";

export const maxComparedModels = 16;

export type ComparisonReport = {
  readonly kind: "comparison";
  readonly run: Run;
  /** Of complete runs alone. */
  readonly comparison: Comparison;
  readonly reports: readonly SuiteReport[];
  /** The judge model's own view of each pair; empty where there is none, or the run is not complete. */
  readonly preferences: readonly Preference[];
};

export type ComparisonChoice = { readonly models: readonly string[]; readonly judgeModel?: string };

const specBody = z.object({
  suite: z.record(z.string(), z.json()),
  seed: z.int(),
  models: z.array(z.string()),
  judge_model: z.string().exactOptional(),
});
const partBody = z.object({ run: z.string() });
const resultBody = z.object({ preferences: z.array(preferenceBody) });

/** Throws before the first answer where the suite or a model is wrong, and AppError cancelled when aborted. */
export async function startComparison(
  deps: SuiteDeps,
  suite: Suite,
  { models, judgeModel }: ComparisonChoice,
  options: WorkOptions,
): Promise<ComparisonReport> {
  requireModels(models, suite);
  const judge = judgeModel === undefined ? {} : { judgeModel };
  const seeds: number[] = [];
  for (const model of models) {
    const { spec } = await prepareSuite(deps, suite, { model, ...judge }, options);
    seeds.push(spec.seed);
  }
  const spec = {
    // All models get the same seed, drawn or given.
    ...{ suite: { ...suite.source, seed: seeds[0] ?? 0 }, seed: seeds[0] ?? 0, models },
    ...(judgeModel !== undefined && { judge_model: judgeModel }),
  };
  const run = await deps.runs.create({
    kind: "comparison",
    name: suite.name,
    model: models.join(", "),
    spec,
  });
  return await work(deps, run, options);
}

export async function resumeComparison(
  deps: SuiteDeps,
  stored: StoredRun,
  options: WorkOptions,
): Promise<ComparisonReport> {
  return await work(deps, await deps.runs.claim(stored.id), options);
}

export async function readComparison(
  deps: Pick<SuiteDeps, "runs">,
  run: StoredRun,
): Promise<ComparisonReport> {
  const { contenders, reports } = await readContenders(deps, run);
  const { seed } = specBody.parse(run.spec);
  const { preferences } = run.result === undefined ? { preferences: [] } : resultBody.parse(run.result);
  const { parts: _, spec: __, result: ___, ...head } = run;
  const comparison = await compareModels(contenders, seed);
  return { kind: "comparison", run: head, reports, comparison, preferences };
}

/** The runs of all models that were begun, and those of them that are complete under the names that were given. */
async function readContenders(deps: Pick<SuiteDeps, "runs">, run: StoredRun) {
  const { models } = specBody.parse(run.spec);
  const reports: SuiteReport[] = [];
  for (const { result } of run.parts) {
    reports.push(await readSuiteReport(await deps.runs.get(partBody.parse(result).run)));
  }
  const contenders = reports.flatMap((report, index) =>
    report.run.status === "completed" ? [{ model: models[index] ?? report.run.model, report }] : [],
  );
  return { reports, contenders };
}

/** What the judge model says of the answers side by side, once all of them are made. */
async function preferByJudge(
  deps: SuiteDeps,
  run: StoredRun,
  judgeModel: string | undefined,
  signal: AbortSignal,
): Promise<readonly Preference[]> {
  if (judgeModel === undefined) return [];
  const { contenders } = await readContenders(deps, run);
  const comparison = await compareModels(contenders, specBody.parse(run.spec).seed);
  return await judgePreferences(deps, { contenders, comparison, judgeModel }, signal);
}

/** One model after the other, so that they do not take each other's room. */
async function work(deps: SuiteDeps, run: StoredRun, options: WorkOptions): Promise<ComparisonReport> {
  const { suite: source, models, judge_model: judgeModel } = specBody.parse(run.spec);
  const suite = toSuite(source, run.id);
  const begun = new Map(run.parts.map(({ position, result }) => [position, partBody.parse(result).run]));
  try {
    for (const [position, model] of models.entries()) {
      const choice = { model, ...(judgeModel !== undefined && { judgeModel }) };
      const onBegun = (id: string) =>
        deps.runs.addPart(run.id, { key: String(position), position, result: { run: id } });
      const { run: own } = await runOne(
        deps,
        begun.get(position),
        { suite, choice },
        { ...options, onBegun },
      );
      if (own.error) {
        const message = `${model}: ${own.error.message}`;
        await deps.runs.end(run.id, { status: "failed", error: { code: own.error.code, message } });
        return await readComparison(deps, await deps.runs.get(run.id));
      }
    }
    const judge = judgeModel ?? suite.judgeModel;
    const preferences = await preferByJudge(deps, await deps.runs.get(run.id), judge, options.signal);
    await deps.runs.end(run.id, { status: "completed", result: { preferences } });
  } catch (error) {
    await deps.runs.end(run.id, toRunEnd(error, options.signal));
    throw options.signal.aborted ? toCancelled(run.id) : error;
  }
  return await readComparison(deps, await deps.runs.get(run.id));
}

type Task = { readonly suite: Suite; readonly choice: SuiteChoice };

/** Begins a run, goes on with it, or takes it as it is. */
async function runOne(
  deps: SuiteDeps,
  id: string | undefined,
  { suite, choice }: Task,
  options: WorkOptions,
): Promise<SuiteReport> {
  if (id === undefined) return await startSuite(deps, suite, choice, options);
  const stored = await deps.runs.get(id);
  return stored.status === "completed"
    ? await readSuiteReport(stored)
    : await resumeSuite(deps, stored, options);
}

function requireModels(models: readonly string[], suite: Suite): void {
  if (!needsModel(suite)) {
    const message = `${suite.name}: all answers are stored, so that there is no model to compare`;
    throw new AppError("invalid_request", message);
  }
  if (models.length < 2 || models.length > maxComparedModels) {
    const message = `models: expected 2 to ${maxComparedModels}, got ${models.length}`;
    throw new AppError("invalid_request", message);
  }
  const answers = models.length * countAnswers(suite);
  if (answers <= maxAnswers) return;
  const message = `models: ${answers} answers of all of them; at most ${maxAnswers} are possible`;
  throw new AppError("invalid_request", message);
}
