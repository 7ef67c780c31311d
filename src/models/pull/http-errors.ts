import { AppError } from "../../base/index.ts";

/** A failure that the next try may not meet: a cut connection, a busy server, silence. */
export class TransientFailure extends Error {
  /** How long the server asks to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.name = "TransientFailure";
    this.retryAfterMs = retryAfterMs;
  }
}

/** Nobody answers at the address: a machine without a network says so soon rather than after many tries. */
export class UnreachableFailure extends TransientFailure {}

/** The file is another one than when the download began. */
export class ChangedFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ChangedFailure";
  }
}

const transientStatuses: ReadonlySet<number> = new Set([408, 425, 429]);

export function isTransientStatus(status: number): boolean {
  return status >= 500 || transientStatuses.has(status);
}

/** Host and path: what may be shown of an address, as queries of signed ones are secrets. */
export function describeUrl(url: URL): string {
  return `${url.host}${url.pathname}`;
}

/** What a failed fetch or read says, without addresses. */
export function describeFailure(error: unknown): string {
  if (error instanceof TransientFailure || error instanceof AppError) return error.message;
  if (!(error instanceof Error)) return "the connection failed";
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return `the connection failed (${code})`;
}
