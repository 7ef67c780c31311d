import { toAppError } from "../base/index.ts";
import type { Logger, Metrics } from "../observability/index.ts";
import type { PluginObserver } from "./plugin-options.ts";

/** For commands: what they have to say they say themselves. */
export const silentObserver: PluginObserver = {
  callFinished: () => undefined,
  logged: () => undefined,
  quarantined: () => undefined,
  unsaved: () => undefined,
  hostFailed: () => undefined,
  hostRestarted: () => undefined,
};

/** Tells the log and the metrics what plugins do. */
export function createPluginObserver({
  logger,
  metrics,
}: {
  readonly logger: Logger;
  readonly metrics: Metrics;
}): PluginObserver {
  return {
    callFinished: (call) => metrics.pluginCalled(call),
    logged({ plugin, level, text, requestId }) {
      const method = level === "trace" ? "debug" : level;
      logger[method]("plugin_said", { plugin, text, ...(requestId !== undefined && { requestId }) });
    },
    quarantined(plugin, code, error) {
      metrics.pluginQuarantined(plugin);
      logger.error("plugin_quarantined", { plugin, code, error });
    },
    unsaved: (plugin, error) =>
      logger.error("plugin_state_unsaved", { plugin, error: toAppError(error).message }),
    hostFailed: (plugin, error) =>
      logger.error("plugin_host_failed", { plugin, error: toAppError(error).message }),
    hostRestarted(plugin = "", reason = "plugin_host_died") {
      metrics.pluginHostEnded(plugin);
      logger.warn("plugin_host_ended", { plugin, reason });
    },
  };
}
