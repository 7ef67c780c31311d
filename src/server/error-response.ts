import { type AppError, errorTable } from "../base/index.ts";

/** What a client is told of a failure whose cause may hold paths or worse. */
export const serverErrorMessage =
  "The server failed to answer; its log has the cause under the request's x-request-id.";

/** A reply with the headers that tell a client whether trying again can help. */
export function createErrorResponse(
  error: AppError,
  body: object,
  status = errorTable[error.code].status,
): Response {
  const row = errorTable[error.code];
  const response = Response.json(body, { status });
  if (row.retryAfterSeconds !== undefined) response.headers.set("retry-after", String(row.retryAfterSeconds));
  const isHopeless = row.status === 408 || (row.status >= 500 && row.class === "permanent");
  if (isHopeless) response.headers.set("x-should-retry", "false");
  if (error.code === "unauthorized") response.headers.set("www-authenticate", "Bearer");
  return response;
}
