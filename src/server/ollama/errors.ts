import { type AppError, errorTable } from "../../base/index.ts";
import { createErrorResponse, toClientMessage } from "../error-response.ts";

export type OllamaErrorBody = { readonly error: string };

export function toErrorBody(error: AppError): OllamaErrorBody {
  return { error: toClientMessage(error) };
}

/** Ollama's clients know no 408; a generation that took too long is a 500 to them. */
export function toErrorResponse(error: AppError): Response {
  const status = error.code === "generation_timeout" ? 500 : errorTable[error.code].status;
  return createErrorResponse(error, toErrorBody(error), status);
}
