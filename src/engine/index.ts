export { readMachine, startAdaptation, toLimits } from "./adaptation.ts";
export { closeTurn } from "./conversation.ts";
export { createEngine } from "./create-engine.ts";
export { readDevices } from "./devices.ts";
export { embedPieces } from "./embed-pieces.ts";
export type {
  AskedModel,
  Engine,
  EngineLimits,
  EngineStats,
  LoadRequest,
  ModelEntry,
  ResidentModel,
  Tokenization,
} from "./engine.ts";
export { createEngineObserver } from "./engine-observer.ts";
export { locateLibraries } from "./libraries.ts";
export type { EngineObserver, EngineOptions } from "./options.ts";
export { preloadAtStart, type StartOptions } from "./preload.ts";
export { createHostSource, type HostSource } from "./spare-host.ts";
