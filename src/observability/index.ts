export { type DecisionMetrics, maxLabelValues, type UpstreamObservation } from "./decision-metrics.ts";
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
export {
  createTelemetry,
  silentTelemetry,
  type Telemetry,
  type TelemetryEvents,
  type TelemetryStats,
  telemetrySchemaVersion,
} from "./telemetry.ts";
