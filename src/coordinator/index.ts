export { type GenerationRecord, generate, type PipelineDeps, toFailure } from "./pipeline.ts";
