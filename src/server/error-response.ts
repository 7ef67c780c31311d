import { type AppError, errorTable, withoutFolder } from "../base/index.ts";

/** What a client is told of a failure whose cause may hold paths or worse. */
const serverErrorMessage =
  "The server failed to answer; its log has the cause under the request's x-request-id.";

const msPerSecond = 1000;

/** What a client is told of a failure. */
export function toClientMessage(error: AppError): string {
  return error.code === "server_error" ? serverErrorMessage : withoutFolder(error);
}

/** A reply with the headers that tell a client whether trying again can help. */
export function createErrorResponse(
  error: AppError,
  body: object,
  status = errorTable[error.code].status,
): Response {
  const row = errorTable[error.code];
  const response = Response.json(body, { status });
  const { retryAfterMs } = error;
  if (retryAfterMs !== undefined) response.headers.set("retry-after", toSeconds(retryAfterMs));
  const isRetried = row.status >= 500 || row.status === 429;
  const isHopeless = row.status === 408 || (isRetried && row.class === "permanent");
  if (isHopeless) response.headers.set("x-should-retry", "false");
  if (error.code === "unauthorized") response.headers.set("www-authenticate", "Bearer");
  return response;
}

/** Whole ones, rounded up: who comes at the time must not be early. */
function toSeconds(milliseconds: number): string {
  return String(Math.ceil(milliseconds / msPerSecond));
}
