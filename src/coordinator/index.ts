export { type GenerationRecord, generate, type PipelineDeps } from "./pipeline.ts";
