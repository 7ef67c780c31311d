export { createEngine } from "./create-engine.ts";
export type { Engine, EngineStats, ModelEntry, Tokenization } from "./engine.ts";
export { locateLibraries } from "./libraries.ts";
export type { EngineObserver, EngineOptions, ModelOptions } from "./options.ts";
