import type { JsonObject } from "../../contract/index.ts";
import type { Run, StoredRun } from "../runs/run.ts";
import { type Verdict, worstVerdict } from "../verdict.ts";
import type { Outcome } from "./outcome.ts";
import type { SuiteSpec } from "./suite-spec.ts";
import {
  type BarResult,
  compareWithBar,
  groupByCase,
  meanScore,
  passShare,
  type Summary,
  summarise,
} from "./summary.ts";

export type CaseReport = {
  readonly name: string;
  /** The worst of its answers. */
  readonly verdict: Verdict;
  /** Share of the answers that passed; absent where none was judged. */
  readonly passShare?: number;
  readonly score?: number;
  /** How alike the answers are, as it is written; where there are several. */
  readonly consistency?: JsonObject;
  readonly outcomes: readonly Outcome[];
};

export type SuiteReport = {
  readonly kind: "suite";
  readonly run: Run;
  readonly spec: SuiteSpec;
  readonly summary: Summary;
  /** A run that did not complete abstains. */
  readonly result: BarResult;
  /** Flags of the scores of this and earlier runs, as they are written. */
  readonly drift: readonly JsonObject[];
  readonly cases: readonly CaseReport[];
};

/** What is measured once a run is complete and cannot be told from its outcomes alone. */
export type Afterthoughts = {
  readonly consistency: Readonly<Record<string, JsonObject>>;
  readonly drift: readonly JsonObject[];
};

/** Outcomes in whichever order they came; the report has them in that of the suite. */
export async function createSuiteReport(
  run: StoredRun,
  spec: SuiteSpec,
  unordered: readonly Outcome[],
  { consistency, drift }: Afterthoughts,
): Promise<SuiteReport> {
  const outcomes = inOrder(unordered, spec);
  const summary = await summarise(outcomes, spec.seed);
  const { parts: _, spec: __, result: ___, ...head } = run;
  return {
    ...{ kind: "suite", run: head, spec, summary, drift },
    result:
      run.status === "completed"
        ? compareWithBar(summary, spec.suite.bar)
        : { verdict: "abstain", reasons: [run.error?.message ?? `the run is ${run.status}`] },
    cases: [...groupByCase(outcomes)].map(([name, own]) => toCaseReport(name, own, consistency[name])),
  };
}

/** Whether a run reached its bar; one that ended early did not. */
export function reachesBar({ result }: Pick<SuiteReport, "result">): boolean {
  return result.verdict === "pass" || result.verdict === "warn";
}

function inOrder(outcomes: readonly Outcome[], { suite }: SuiteSpec): readonly Outcome[] {
  const places = new Map(suite.cases.map(({ name }, index) => [name, index]));
  const placeOf = (outcome: Outcome) => places.get(outcome.case) ?? places.size;
  return outcomes.toSorted(
    (left, right) => placeOf(left) - placeOf(right) || left.repetition - right.repetition,
  );
}

function toCaseReport(
  name: string,
  outcomes: readonly Outcome[],
  consistency: JsonObject | undefined,
): CaseReport {
  const share = passShare(outcomes);
  const score = meanScore(outcomes);
  return {
    ...{ name, outcomes, verdict: worstVerdict(outcomes.map(({ verdict }) => verdict)) },
    ...(share !== undefined && { passShare: share }),
    ...(score !== undefined && { score }),
    ...(consistency && { consistency }),
  };
}
