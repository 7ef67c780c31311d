import { type AppError, errorTable } from "../../base/index.ts";
import { createErrorResponse, toClientMessage } from "../error-response.ts";

export const pluginPath = "/api/plugins";

/** `{error: {code, message}}`; the code is that of the plugin's failure where it is one. */
export function toErrorResponse(error: AppError): Response {
  const { pluginCode } = error.details;
  const code = typeof pluginCode === "string" ? pluginCode : error.code;
  return createErrorResponse(
    error,
    { error: { code, message: toClientMessage(error) } },
    errorTable[error.code].status,
  );
}
