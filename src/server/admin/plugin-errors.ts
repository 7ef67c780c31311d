import { type AppError, errorTable } from "../../base/index.ts";
import { createErrorResponse, serverErrorMessage } from "../error-response.ts";

export const pluginPath = "/api/plugins";

/** `{error: {code, message}}`; the code is that of the plugin's failure where it is one. */
export function toErrorResponse(error: AppError): Response {
  const { pluginCode } = error.details;
  const code = typeof pluginCode === "string" ? pluginCode : error.code;
  const message = error.code === "server_error" ? serverErrorMessage : error.message;
  return createErrorResponse(error, { error: { code, message } }, errorTable[error.code].status);
}
