/** Every failure Hearth reports carries one of these codes; `errorTable` gives each its meaning. */
export type ErrorCode =
  | "invalid_request"
  | "context_limit_exceeded"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "model_not_found"
  | "method_not_allowed"
  | "body_too_large"
  | "unsupported_media_type"
  | "generation_timeout"
  | "rate_limit_exceeded"
  | "cost_limit_exceeded"
  | "budget_exceeded"
  | "queue_full"
  | "model_loading"
  | "model_load_failed"
  | "model_corrupted"
  | "model_too_large"
  | "download_failed"
  | "disk_full"
  | "database_damaged"
  | "conflict"
  | "circuit_open"
  | "shutting_down"
  | "host_died"
  | "cancelled"
  | "out_of_memory"
  | "inference_error"
  | "streaming_error"
  | "upstream_failed"
  | "upstream_refused"
  | "plugin_failed"
  | "server_error";

export type ErrorClass = "transient" | "resource-exhausted" | "permanent";

/** What may answer in place of what failed: another model, or the same one without a stream. */
export type Fallback = "other-model" | "stream-to-batch";

export type ErrorRow = {
  readonly status: number;
  readonly class: ErrorClass;
  /** Seconds a client should wait before it tries again; absent where trying again cannot help. */
  readonly retryAfterSeconds?: number;
  /** Absent where the request itself is at fault, or nobody waits for an answer any more. */
  readonly fallback?: Fallback;
};

export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = {
  invalid_request: { status: 400, class: "permanent" },
  context_limit_exceeded: { status: 400, class: "permanent", fallback: "other-model" },
  unauthorized: { status: 401, class: "permanent" },
  forbidden: { status: 403, class: "permanent" },
  not_found: { status: 404, class: "permanent" },
  model_not_found: { status: 404, class: "permanent" },
  method_not_allowed: { status: 405, class: "permanent" },
  body_too_large: { status: 413, class: "permanent" },
  unsupported_media_type: { status: 415, class: "permanent" },
  generation_timeout: { status: 408, class: "transient", fallback: "other-model" },
  rate_limit_exceeded: { status: 429, class: "transient", retryAfterSeconds: 1, fallback: "other-model" },
  cost_limit_exceeded: { status: 429, class: "permanent", fallback: "other-model" },
  budget_exceeded: { status: 429, class: "permanent" },
  queue_full: { status: 503, class: "transient", retryAfterSeconds: 1, fallback: "other-model" },
  model_loading: { status: 503, class: "transient", retryAfterSeconds: 1, fallback: "other-model" },
  model_load_failed: { status: 500, class: "permanent", fallback: "other-model" },
  model_corrupted: { status: 500, class: "permanent", fallback: "other-model" },
  model_too_large: { status: 507, class: "permanent", fallback: "other-model" },
  download_failed: { status: 502, class: "transient" },
  disk_full: { status: 507, class: "permanent" },
  // It does not pass by itself, as what is told with 503 does.
  database_damaged: { status: 500, class: "permanent" },
  conflict: { status: 409, class: "permanent" },
  circuit_open: { status: 503, class: "transient", retryAfterSeconds: 30, fallback: "other-model" },
  shutting_down: { status: 503, class: "transient", retryAfterSeconds: 5 },
  host_died: { status: 500, class: "transient", fallback: "other-model" },
  cancelled: { status: 499, class: "permanent" },
  out_of_memory: { status: 500, class: "resource-exhausted", fallback: "other-model" },
  inference_error: { status: 500, class: "permanent", fallback: "other-model" },
  streaming_error: { status: 500, class: "transient", fallback: "stream-to-batch" },
  upstream_failed: { status: 502, class: "transient", fallback: "other-model" },
  upstream_refused: { status: 502, class: "permanent", fallback: "other-model" },
  plugin_failed: { status: 502, class: "permanent" },
  server_error: { status: 500, class: "permanent" },
};

const msPerSecond = 1000;

export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** The one error type. The message says what happened, with what, and what to do. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.details = options.details ?? {};
  }

  get row(): ErrorRow {
    return errorTable[this.code];
  }

  /** How long to leave it alone: what this failure says, else what its code does. */
  get retryAfterMs(): number | undefined {
    const { retryAfterMs, retryAfterSeconds } = this.details;
    if (isDuration(retryAfterMs)) return retryAfterMs;
    const seconds = isDuration(retryAfterSeconds) ? retryAfterSeconds : this.row.retryAfterSeconds;
    return seconds === undefined ? undefined : seconds * msPerSecond;
  }
}

function isDuration(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

/** Returns `error` when it already is an AppError, else wraps it as `server_error` with the cause kept. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AppError("server_error", message, { cause: error });
}

/** The form an error takes between processes. */
export type ErrorRecord = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
};

export function toErrorRecord(error: unknown): ErrorRecord {
  const { code, message, details } = toAppError(error);
  return { code, message, details };
}

export function fromErrorRecord(record: ErrorRecord): AppError {
  return new AppError(record.code, record.message, { details: record.details });
}
