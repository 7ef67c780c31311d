export type { DecisionMetrics, UpstreamObservation } from "./decision-metrics.ts";
export { createLogger, type Logger, type LoggerOptions, type LogLevel } from "./logger.ts";
export {
  createMetrics,
  type EngineReading,
  type GenerationObservation,
  type LoadObservation,
  type MemoryReading,
  type Metrics,
  type PluginObservation,
  type PluginReading,
  type RequestObservation,
  type UpstreamReading,
} from "./metrics.ts";
export { createRedactor, keepTail, type LogFields } from "./redact.ts";
export { createSparingLogger, type SparingLogger } from "./sparing-logger.ts";
export {
  createTelemetry,
  silentTelemetry,
  type Telemetry,
  type TelemetryEvents,
  type TelemetryStats,
} from "./telemetry.ts";
