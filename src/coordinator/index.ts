export type { AnswerCache, CacheLookup } from "./cache/answer-cache.ts";
export type { CacheEvaluation } from "./cache/evaluation/evaluate.ts";
export { toEvaluationBody as toCacheEvaluationBody } from "./cache/evaluation/evaluation-body.ts";
export type { CacheStats } from "./cache/stats.ts";
export { toStatsBody as toCacheStatsBody } from "./cache/stats-body.ts";
export { type Coordinator, createCoordinator } from "./coordinator.ts";
export type { LeftOut, ReasonLeftOut } from "./dataset/choose-candidates.ts";
export type { Dataset, DatasetProgress } from "./dataset/dataset.ts";
export { type DatasetFormat, type DatasetRequest, datasetFormats } from "./dataset/export-request.ts";
export { type DatasetReport, listAdvice, toManifest } from "./dataset/manifest.ts";
export type { CoordinatorDeps, CoordinatorLogger } from "./deps.ts";
export { createGuestModels, createLazyGuestModels, type GuestModelsOptions } from "./guest-models.ts";
export type { Augmented } from "./learning/augment.ts";
export {
  type Interaction,
  maxContextIds,
  outcomes,
  toInteractionBody,
} from "./learning/interaction.ts";
export type { Learning } from "./learning/learning.ts";
export type { OutcomeResult } from "./learning/set-outcome.ts";
export { type CoordinatorObserver, createCoordinatorObserver, silentObserver } from "./observer.ts";
export { type GenerationRecord, generate, type PipelineDeps, toFailure } from "./pipeline.ts";
export { withAuto } from "./routing/auto-model.ts";
export type { CalibratedBar } from "./routing/bar-store.ts";
export type { CalibrationRequest, RouteCalibration } from "./routing/calibrate.ts";
export { toBarBody, toCalibrationBody } from "./routing/calibration-body.ts";
export { loadRouteExamples } from "./routing/load-examples.ts";
export { maxListedRoutes, type RouteFilter, type StoredRoute } from "./routing/receipt-store.ts";
export type { Replay, ReplayRequest } from "./routing/replay.ts";
export type { RouteBody } from "./routing/route-body.ts";
export type { Router } from "./routing/router.ts";
export type { RouteStats, Routes } from "./routing/routes.ts";
export { toReplayBody, toStoredBody } from "./routing/stored-body.ts";
export type { CoordinatorSettings } from "./settings.ts";
