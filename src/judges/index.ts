export { askModel, userMessage } from "./ask-model.ts";
export { systemJudgeClock } from "./clock.ts";
export type { BudgetLimits } from "./coordination/budget.ts";
export type { Coordination, CoordinationProgress, CoordinationRun } from "./coordination/coordination.ts";
export { toHtml as toCoordinationHtml } from "./coordination/report/html.ts";
export { toMarkdown as toCoordinationMarkdown } from "./coordination/report/markdown.ts";
export {
  computeCaveat,
  listMeasures,
  toVerdict as toCoordinationVerdict,
} from "./coordination/report/measures.ts";
export {
  toCoordinationBody,
  toCoordinationRunBody,
  toProgressBody as toCoordinationProgressBody,
} from "./coordination/run-body.ts";
export { parseBudget, parseCoordinationSpec } from "./coordination/spec.ts";
export type { JudgeClock, JudgeDeps } from "./deps.ts";
export { createJudges, type Judges } from "./judges.ts";
export type { Run, RunKind, RunPart, RunStatus, StoredRun } from "./runs/run.ts";
export { cosine } from "./similarity/cosine.ts";
export { createEmbedder, type Embedder } from "./similarity/embedder.ts";
export { changeSuite, type SuiteChanges } from "./suites/change-suite.ts";
export { toJunit } from "./suites/junit.ts";
export { parseSuite, toSuite } from "./suites/parse-suite.ts";
export { toReportBody, toRunSummary } from "./suites/report-body.ts";
export { maxConcurrency, type SuiteProgress, type WorkOptions } from "./suites/run-suite.ts";
export { parseStarter, starterText } from "./suites/starter-suite.ts";
export type { Suite } from "./suites/suite.ts";
export { reachesBar } from "./suites/suite-report.ts";
export { maxRepetitions, maxSuiteSeed } from "./suites/suite-schema.ts";
export type { JudgeReport, Suites } from "./suites/suites.ts";
export type { Analysis, AnalysisRequest } from "./trajectory/analysis.ts";
export type { Calibration } from "./trajectory/calibrate.ts";
export {
  parseTrajectoryConfig,
  type TrajectoryConfig,
} from "./trajectory/config.ts";
export { readExamples } from "./trajectory/examples.ts";
export type { Gate } from "./trajectory/gate.ts";
export { toCalibrationBody, toTextScoreBody } from "./trajectory/report-bodies.ts";
export { maxTextBytes, type TextScore } from "./trajectory/score-text.ts";
export type { BatchItem, Trajectory } from "./trajectory/trajectory.ts";
export { toAnalysisBody } from "./trajectory/trajectory-body.ts";
export { type Criteria, parseCriteria } from "./validation/criteria.ts";
export { maxJudges } from "./validation/criteria-schema.ts";
export type { JudgedText, Judgement, Opinion } from "./validation/judgement.ts";
export { toJudgementBody } from "./validation/judgement-body.ts";
export { toProbeBody } from "./validation/probes/probe-body.ts";
export type { ProbeResult } from "./validation/probes/probe-result.ts";
export { type ProbeSpec, parseProbeSpec } from "./validation/probes/probe-spec.ts";
export type { Probes } from "./validation/probes/probes.ts";
export type { Validation } from "./validation/validation.ts";
export {
  roundScore,
  type Severity,
  type Unscored,
  type Verdict,
  type Violation,
  worstVerdict,
} from "./verdict.ts";
