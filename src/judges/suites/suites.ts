import { AppError } from "../../base/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { createScoreSeries } from "../drift/score-series.ts";
import type { Run } from "../runs/run.ts";
import type { RunStore } from "../runs/run-store.ts";
import { createEmbedder } from "../similarity/embedder.ts";
import { parseCriteria } from "../validation/criteria.ts";
import type { Validation } from "../validation/validation.ts";
import {
  type ComparisonChoice,
  type ComparisonReport,
  readComparison,
  resumeComparison,
  startComparison,
} from "./comparison-runs.ts";
import type { WorkOptions } from "./run-suite.ts";
import type { Suite } from "./suite.ts";
import type { SuiteReport } from "./suite-report.ts";
import { readSuiteReport, resumeSuite, type SuiteChoice, type SuiteDeps, startSuite } from "./suite-runs.ts";

export type JudgeReport = SuiteReport | ComparisonReport;

/** Suites of cases: run, gone on with, compared between models, and told of. */
export type Suites = {
  /** As `startSuite`. */
  run(suite: Suite, choice: SuiteChoice, options: WorkOptions): Promise<SuiteReport>;
  compare(suite: Suite, choice: ComparisonChoice, options: WorkOptions): Promise<ComparisonReport>;
  /** Throws AppError conflict where the run is complete or under way, or a model has changed since it began. */
  resume(runId: string, options: WorkOptions): Promise<JudgeReport>;
  /** Of a run in whichever state. Throws AppError not_found. */
  report(runId: string): Promise<JudgeReport>;
  /** Of suites and comparisons, the newest first. */
  list(): Promise<readonly Run[]>;
};

export function createSuites(deps: JudgeDeps & { readonly runs: RunStore }, validation: Validation): Suites {
  const suiteDeps: SuiteDeps = {
    ...deps,
    validation,
    usualCriteria: parseCriteria({}),
    embedder: createEmbedder(deps),
    series: createScoreSeries({ database: deps.database, now: deps.clock.now }),
  };
  const { runs } = deps;
  return {
    run: (suite, choice, options) => startSuite(suiteDeps, suite, choice, options),
    compare: (suite, choice, options) => startComparison(suiteDeps, suite, choice, options),
    async resume(runId, options) {
      const run = await runs.get(runId);
      if (run.kind === "suite") return await resumeSuite(suiteDeps, run, options);
      if (run.kind === "comparison") return await resumeComparison(suiteDeps, run, options);
      throw notOfSuites(run);
    },
    async report(runId) {
      const run = await runs.get(runId);
      if (run.kind === "suite") return readSuiteReport(run);
      if (run.kind === "comparison") return await readComparison(suiteDeps, run);
      throw notOfSuites(run);
    },
    async list() {
      const lists = await Promise.all([runs.list("suite"), runs.list("comparison")]);
      return lists.flat().toSorted((left, right) => right.createdAtMs - left.createdAtMs);
    },
  };
}

function notOfSuites({ id, kind }: Run): AppError {
  return new AppError("invalid_request", `${id} is a run of another kind: ${kind}`);
}
