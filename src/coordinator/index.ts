export { createGuestModels, createLazyGuestModels, type GuestModelsOptions } from "./guest-models.ts";
export { type GenerationRecord, generate, type PipelineDeps, toFailure } from "./pipeline.ts";
