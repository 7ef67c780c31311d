export type { AnswerCache, CacheLookup } from "./cache/answer-cache.ts";
export { type Coordinator, createCoordinator } from "./coordinator.ts";
export type { CoordinatorDeps, CoordinatorLogger } from "./deps.ts";
export { createGuestModels, createLazyGuestModels, type GuestModelsOptions } from "./guest-models.ts";
export { type GenerationRecord, generate, type PipelineDeps, toFailure } from "./pipeline.ts";
export type { Router } from "./routing/router.ts";
export type { CoordinatorSettings } from "./settings.ts";
