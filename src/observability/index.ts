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
} from "./metrics.ts";
export { createRedactor, keepTail, type LogFields } from "./redact.ts";
