import { AppError } from "../../base/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { createScoreSeries } from "../drift/score-series.ts";
import { forCaller, type JudgeCaller } from "../for-caller.ts";
import type { Run } from "../runs/run.ts";
import { createRunSlots } from "../runs/run-slots.ts";
import type { RunStore } from "../runs/run-store.ts";
import { createEmbedders } from "../similarity/embedder.ts";
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

/**
 * Suites of cases: run, gone on with, compared between models, and told of. What works on one throws AppError
 * queue_full where as many are under way as may be.
 */
export type Suites = {
  /** As `startSuite`. */
  run(suite: Suite, choice: SuiteChoice, options: WorkOptions): Promise<SuiteReport>;
  compare(suite: Suite, choice: ComparisonChoice, options: WorkOptions): Promise<ComparisonReport>;
  /** Throws AppError conflict where the run is complete or under way, or a model has changed since it began. */
  resume(runId: string, options: WorkOptions): Promise<JudgeReport>;
  /** Of a run in whichever state, of that tenant or of anybody. Throws AppError not_found. */
  report(runId: string, tenant?: string): Promise<JudgeReport>;
  /** Of suites and comparisons, the newest first; of that tenant or of all. */
  list(tenant?: string): Promise<readonly Run[]>;
};

type Asking = Pick<WorkOptions, "tenant" | "privacy">;

export function createSuites(deps: JudgeDeps & { readonly runs: RunStore }, validation: Validation): Suites {
  const embedderFor = createEmbedders(deps);
  const slots = createRunSlots();
  const series = createScoreSeries({ database: deps.database, now: deps.clock.now });
  const usualCriteria = parseCriteria({});
  const runsOf = (tenant?: string) => (tenant === undefined ? deps.runs : deps.runs.of(tenant));
  const callerOf = ({ tenant, privacy }: Asking): JudgeCaller => ({
    priority: "batch",
    ...(tenant !== undefined && { tenant }),
    ...(privacy && { privacy }),
  });
  const depsFor = (asking: Asking): SuiteDeps => ({
    ...{ ...forCaller(deps, callerOf(asking)), series, usualCriteria },
    embedder: embedderFor(asking),
    runs: runsOf(asking.tenant),
    validation: validateFor(validation, callerOf(asking)),
  });
  const hold = <T>(asking: Asking, work: (charged: SuiteDeps) => Promise<T>) =>
    slots.hold(asking.tenant, () => work(depsFor(asking)));
  return {
    run: (suite, choice, options) => hold(options, (charged) => startSuite(charged, suite, choice, options)),
    compare: (suite, choice, options) =>
      hold(options, (charged) => startComparison(charged, suite, choice, options)),
    resume: (runId, options) =>
      hold(options, async (charged) => {
        const run = await charged.runs.get(runId);
        if (run.kind === "suite") return await resumeSuite(charged, run, options);
        if (run.kind === "comparison") return await resumeComparison(charged, run, options);
        throw notOfSuites(run);
      }),
    async report(runId, tenant) {
      const runs = runsOf(tenant);
      const run = await runs.get(runId);
      if (run.kind === "suite") return await readSuiteReport(run);
      if (run.kind === "comparison") return await readComparison({ runs }, run);
      throw notOfSuites(run);
    },
    async list(tenant) {
      const runs = runsOf(tenant);
      const lists = await Promise.all([runs.list("suite"), runs.list("comparison")]);
      return lists.flat().toSorted((left, right) => right.createdAtMs - left.createdAtMs);
    },
  };
}

function validateFor(validation: Validation, caller: JudgeCaller): Validation {
  return {
    ...validation,
    judgeAnswer: (answer, criteria, options) =>
      validation.judgeAnswer(answer, criteria, { ...options, ...caller }),
  };
}

function notOfSuites({ id, kind }: Run): AppError {
  return new AppError("not_found", `the run "${id}" is no run of a suite but a ${kind}`);
}
