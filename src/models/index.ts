export { builtInModel } from "./built-in.ts";
export { createLibrary } from "./create-library.ts";
export { type EmbeddingPrompts, findEmbeddingPrompts } from "./embedding-prompts.ts";
export { describeFile, inspectModelFile, type ModelFiles } from "./file-model.ts";
export { describeGguf, describeHeader, type GgufDescription } from "./gguf/describe.ts";
export { findText, type GgufHeader } from "./gguf/header.ts";
export { toModelInfo } from "./gguf/model-info.ts";
export { readFileHeader } from "./gguf/read-file-header.ts";
export type {
  CreateRequest,
  ModelLibrary,
  RemoveResult,
  VerifyResult,
  WorkEvent,
} from "./library.ts";
export { type EstimateOptions, estimateMemory, type MemoryEstimate } from "./memory/estimate-memory.ts";
export { memoryBudget } from "./memory/memory-budget.ts";
export { planGpuLayers } from "./memory/plan-gpu-layers.ts";
export { canonicalName, lookupNames } from "./names/model-name.ts";
export { looksLikePath, parseReference } from "./names/model-reference.ts";
export { formatModelfile, formatParameters, writeModelfile } from "./ollama/format-modelfile.ts";
export { applySettings, readLoadSettings } from "./ollama/model-defaults.ts";
export { type Modelfile, parseModelfile } from "./ollama/modelfile.ts";
export { type OllamaParameters, readOllamaParameters } from "./ollama/parameters.ts";
export { limitToTemplate } from "./ollama/template-capabilities.ts";
export {
  countBytes,
  isAdapter,
  type LayerRole,
  type ModelCapabilities,
  type ModelLayer,
  type ModelRecord,
  type ModelSettings,
  type ModelSource,
  type ModelSummary,
} from "./record.ts";
export type { RemoteModel } from "./remote-model.ts";
export {
  adaptIntervalMs,
  adaptMode,
  createModeState,
  type MachineReading,
} from "./residency/adapt-mode.ts";
export type {
  Demand,
  EvictionPolicy,
  EvictionReason,
  Lease,
  ResidencyOptions,
  ResidencyStats,
} from "./residency/demand.ts";
export { parseKeepAlive } from "./residency/keep-alive.ts";
export {
  countThreads,
  type ModeChoice,
  type ModeSettings,
} from "./residency/modes.ts";
export { readPowerSource } from "./residency/power-source.ts";
export type { PreloadResult } from "./residency/preload.ts";
export { orderPreloads, type PreloadStrategy } from "./residency/preload-order.ts";
export { createResidency } from "./residency/residency.ts";
