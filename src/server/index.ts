export type {
  InspectionOptions,
  LogFields,
  ModelInspection,
  RequestRecord,
  ServerDeps,
  ServerLogger,
  ServerMetrics,
} from "./deps.ts";
export { createModelInspector, type ModelInspectorOptions } from "./ollama/inspect-model.ts";
export { isLoopback } from "./origin.ts";
export type { RateLimit } from "./rate-limit.ts";
export { type RunningServer, startServer } from "./start-server.ts";
