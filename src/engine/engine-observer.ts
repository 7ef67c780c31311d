import { keepTail, type Logger, type Metrics } from "../observability/index.ts";
import type { EngineObserver } from "./options.ts";

/** Tells logs and metrics what engines do. */
export function createEngineObserver(logger: Logger, metrics: Metrics): EngineObserver {
  return {
    modelLoaded(model, { durationMs, phases, placement, adapterProblem }) {
      metrics.modelLoaded(model, { durationMs, phases });
      const { device, gpuLayers, failedAttempts } = placement;
      if (failedAttempts.length > 0) metrics.gpuFellBack(model, device);
      for (const attempt of failedAttempts) logger.warn("gpu_layers_did_not_fit", { model, ...attempt });
      if (adapterProblem !== undefined) logger.warn("adapters_unusable", { model, error: adapterProblem });
      logger.info("model_loaded", { model, durationMs: Math.round(durationMs), device, gpuLayers });
    },
    modelUnloaded(model, reason) {
      metrics.modelUnloaded(model, reason);
      logger.info("model_unloaded", { model, reason });
    },
    unloadFailed: (model, error) => logger.error("model_unload_failed", { model, error: error.message }),
    modelAsked: (_, found) => metrics.modelAsked(found),
    modelPreloaded: () => metrics.modelPreloaded(),
    roomWaited(model, durationMs) {
      metrics.roomWaited(durationMs);
      logger.info("room_waited", { model, durationMs: Math.round(durationMs) });
    },
    hostExited(model, { expected, stderrTail, ...exit }) {
      if (expected) return;
      logger.error("engine_host_died", { model, ...exit, stderrTail: keepTail(stderrTail) });
    },
    stepFinished: (model, { durationMs }) => metrics.stepFinished(model, durationMs),
  };
}
