import { AppError, type ErrorCode, errorTable, toAppError } from "../../base/index.ts";

export type OpenAiErrorBody = {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
    readonly n_prompt_tokens?: number;
    readonly n_ctx?: number;
  };
};

/** A 400 that names the parameter at fault. */
export function invalidParameter(param: string, message: string): AppError {
  return new AppError("invalid_request", message, { details: { param } });
}

/** Names the input of a list that an engine's error tells the index of. */
export function nameInput(error: unknown, list: string): AppError {
  const failure = toAppError(error);
  const { index } = failure.details;
  if (typeof index !== "number") return failure;
  const details = { ...failure.details, param: `${list}[${index}]` };
  return new AppError(failure.code, `${list}[${index}]: ${failure.message}`, { cause: error, details });
}

/** Codes that OpenAI's clients know by another name; every other code keeps its own. */
const wireCodes: Partial<Record<ErrorCode, string | null>> = {
  invalid_request: null,
  context_limit_exceeded: "context_length_exceeded",
  unauthorized: "invalid_api_key",
};

const serverErrorMessage =
  "The server failed to answer; its log has the cause under the request's x-request-id.";

export function toErrorBody(error: AppError): OpenAiErrorBody {
  const { param, required, max } = error.details;
  const wireCode = wireCodes[error.code];
  return {
    error: {
      message: error.code === "server_error" ? serverErrorMessage : error.message,
      type: toErrorType(error.row.status),
      param: typeof param === "string" ? param : null,
      code: wireCode === undefined ? error.code : wireCode,
      ...(error.code === "context_limit_exceeded" && typeof required === "number" && typeof max === "number"
        ? { n_prompt_tokens: required, n_ctx: max }
        : {}),
    },
  };
}

/** Status and headers that tell a client whether trying again can help. */
export function toErrorResponse(error: AppError): Response {
  const row = errorTable[error.code];
  const response = Response.json(toErrorBody(error), { status: row.status });
  if (row.retryAfterSeconds !== undefined) response.headers.set("retry-after", String(row.retryAfterSeconds));
  const isHopeless = row.status === 408 || (row.status >= 500 && row.class === "permanent");
  if (isHopeless) response.headers.set("x-should-retry", "false");
  if (error.code === "unauthorized") response.headers.set("www-authenticate", "Bearer");
  return response;
}

function toErrorType(status: number): string {
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
