import type { AppError, ErrorCode } from "../../base/index.ts";
import { createErrorResponse, toClientMessage } from "../error-response.ts";

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

/** Codes that OpenAI's clients know by another name; every other code keeps its own. */
const wireCodes: Partial<Record<ErrorCode, string | null>> = {
  invalid_request: null,
  context_limit_exceeded: "context_length_exceeded",
  unauthorized: "invalid_api_key",
  cost_limit_exceeded: "insufficient_quota",
};

export function toErrorBody(error: AppError): OpenAiErrorBody {
  const { param, required, max } = error.details;
  const wireCode = wireCodes[error.code];
  return {
    error: {
      message: toClientMessage(error),
      type: toErrorType(error.row.status),
      param: typeof param === "string" ? param : null,
      code: wireCode === undefined ? error.code : wireCode,
      ...(error.code === "context_limit_exceeded" && typeof required === "number" && typeof max === "number"
        ? { n_prompt_tokens: required, n_ctx: max }
        : {}),
    },
  };
}

export function toErrorResponse(error: AppError): Response {
  return createErrorResponse(error, toErrorBody(error));
}

function toErrorType(status: number): string {
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
