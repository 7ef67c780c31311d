/** A suite from its first answer to its report: begun, gone on with where it stopped, and told of. */
import { z } from "zod";
import { AppError } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { JudgeDeps } from "../deps.ts";
import type { ScoreSeries } from "../drift/score-series.ts";
import { findModel, type ModelIdentity } from "../find-model.ts";
import type { StoredRun } from "../runs/run.ts";
import type { Embedder } from "../similarity/embedder.ts";
import { requirePatterns } from "./check-expectation.ts";
import { followConsistency, followScores, measureConsistency } from "./measure-run.ts";
import { readOutcomes } from "./outcome-body.ts";
import { requireJudges } from "./require-judges.ts";
import { chooseConcurrency, type RunDeps, runSuite, toRunEnd, type WorkOptions } from "./run-suite.ts";
import { needsModel, type Suite } from "./suite.ts";
import { type Afterthoughts, createSuiteReport, type SuiteReport } from "./suite-report.ts";
import { findSame, readSpec, type SuiteSpec, toMark, toSpecBody } from "./suite-spec.ts";

export type SuiteDeps = JudgeDeps & RunDeps & { readonly embedder: Embedder; readonly series: ScoreSeries };

export type SuiteChoice = {
  /** Stands over the suite's own. */
  readonly model?: string;
  readonly judgeModel?: string;
};

const storedAnswers = "stored answers";
const seeds = 2 ** 31;
const maxSeed = seeds - 1;

/**
 * Runs a suite. Whatever is wrong with it or its models is thrown before the first answer; what fails later ends the
 * run, which is stored and told of as failed. Throws AppError cancelled, with the run in its details, when aborted.
 */
export async function startSuite(
  deps: SuiteDeps,
  suite: Suite,
  choice: SuiteChoice,
  options: WorkOptions,
): Promise<SuiteReport> {
  const prepared = await prepareSuite(deps, suite, choice, options);
  const run = await deps.runs.create({
    ...{ kind: "suite", name: suite.name, model: prepared.model?.id ?? storedAnswers },
    spec: toSpecBody(prepared.spec),
  });
  await options.onBegun?.(run.id);
  return await work(deps, run, prepared, options);
}

/** Throws AppError conflict where the run is complete or under way, or a model has changed since. */
export async function resumeSuite(
  deps: SuiteDeps,
  stored: StoredRun,
  options: WorkOptions,
): Promise<SuiteReport> {
  const spec = readSpec(stored.spec, stored.id);
  chooseConcurrency(spec.suite, options);
  const model = spec.model && (await findSame(deps, spec.model, stored.id));
  if (spec.judgeModel) await findSame(deps, spec.judgeModel, stored.id);
  const run = await deps.runs.claim(stored.id);
  return await work(deps, run, { spec, ...(model && { model }) }, options);
}

/** `spec` is that of the run, where it was read before: a large suite takes a while. */
export async function readSuiteReport(
  run: StoredRun,
  spec: SuiteSpec = readSpec(run.spec, run.id),
): Promise<SuiteReport> {
  const afterthoughts = run.result === undefined ? nothingYet : afterthoughtsBody.parse(run.result);
  return await createSuiteReport(run, spec, await readOutcomes(run.parts), afterthoughts);
}

type Prepared = { readonly spec: SuiteSpec; readonly model?: ModelIdentity };

/** Finds the models and asks judges for what they cannot do, before anything costs time. */
export async function prepareSuite(
  deps: SuiteDeps,
  suite: Suite,
  choice: SuiteChoice,
  options: WorkOptions,
): Promise<Prepared> {
  chooseConcurrency(suite, options);
  const model = needsModel(suite) ? await findModel(deps, choice.model ?? suite.model) : undefined;
  if (model && !model.capabilities.chat && !model.capabilities.generate) {
    throw new AppError("invalid_request", `${model.id} writes no text; name a model that does`);
  }
  const judgeName = choice.judgeModel ?? suite.judgeModel;
  const judgeModel = judgeName === undefined ? undefined : await findModel(deps, judgeName);
  await requireJudges(deps, suite, judgeName);
  if (deps.embeddingModel !== undefined) await findModel(deps, deps.embeddingModel);
  await requirePatterns(deps, suite, options.signal);
  const seed = suite.seed ?? Math.min(maxSeed, Math.floor(deps.random() * seeds));
  return {
    spec: {
      ...{ suite, seed, ...(model && { model: toMark(model) }) },
      ...(judgeModel && { judgeModel: toMark(judgeModel) }),
    },
    ...(model && { model }),
  };
}

async function work(
  deps: SuiteDeps,
  run: StoredRun,
  { spec, model }: Prepared,
  options: WorkOptions,
): Promise<SuiteReport> {
  const { signal } = options;
  try {
    const outcomes = await runSuite(
      deps,
      {
        ...{ runId: run.id, suite: spec.suite, seed: spec.seed },
        ...{ done: await readOutcomes(run.parts), parts: run.parts.length },
        ...(model && { model }),
        ...(spec.judgeModel && { judgeModel: spec.judgeModel.id }),
      },
      options,
    );
    const consistency = await measureConsistency(deps.embedder, spec.suite, outcomes, signal);
    const drift = [
      ...(await followScores(deps.series, spec, outcomes)),
      ...(await followConsistency(deps.series, spec, consistency)),
    ];
    await deps.runs.end(run.id, { status: "completed", result: { consistency, drift } });
  } catch (error) {
    await deps.runs.end(run.id, toRunEnd(error, signal));
    if (signal.aborted) throw toCancelled(run.id);
  }
  return await readSuiteReport(await deps.runs.get(run.id), spec);
}

export function toCancelled(runId: string): AppError {
  const message = `stopped; what was done of ${runId} is kept, and hearth judge --resume ${runId} goes on from there`;
  return new AppError("cancelled", message, { details: { run: runId } });
}

const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), z.json());
const afterthoughtsBody: z.ZodType<Afterthoughts> = z.object({
  consistency: z.record(z.string(), jsonObject),
  drift: z.array(jsonObject),
});
const nothingYet: Afterthoughts = { consistency: {}, drift: [] };
