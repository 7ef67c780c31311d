import { AppError, type ErrorCode } from "../base/index.ts";
import type { Failure, FailureCode } from "./failure.ts";

const codes: Partial<Record<FailureCode, ErrorCode>> = {
  plugin_not_found: "not_found",
  plugin_disabled: "conflict",
  plugin_quarantined: "conflict",
  plugin_busy: "queue_full",
  plugin_cancelled: "cancelled",
  plugin_not_implemented: "not_found",
  plugin_unsigned: "forbidden",
  signature_invalid: "forbidden",
  not_granted: "forbidden",
  input_invalid: "invalid_request",
  input_too_large: "body_too_large",
  manifest_missing: "invalid_request",
  manifest_invalid: "invalid_request",
  contract_unsupported: "invalid_request",
  module_invalid: "invalid_request",
  module_component: "invalid_request",
  module_too_large: "invalid_request",
  module_unsupported: "invalid_request",
  import_unknown: "invalid_request",
};

/** A failure where nothing else than an error is possible: on the command line and over HTTP. */
export function toPluginError(plugin: string, { code, message }: Failure): AppError {
  return new AppError(codes[code] ?? "plugin_failed", `${plugin}: ${message}`, {
    details: { pluginCode: code },
  });
}
