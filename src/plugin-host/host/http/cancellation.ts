import { PluginFailure } from "../../failure.ts";

/** Why a request was ended, as a failure: the reason of the signal if it is one. */
export function toCancellation(reason: unknown): PluginFailure {
  if (reason instanceof PluginFailure) return reason;
  return new PluginFailure("plugin_cancelled", "the request was ended before it was answered");
}
