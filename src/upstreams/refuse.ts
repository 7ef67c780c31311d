import { AppError } from "../base/index.ts";

/** Something that a request asks for and that the protocol of an upstream has no word for. */
export function refuseParameter(param: string, why: string): AppError {
  return new AppError("invalid_request", `${param}: ${why}`, { details: { param } });
}

/** An answer that is none of the protocol. */
export function refuseAnswer(what: string, cause?: unknown): AppError {
  return new AppError("upstream_failed", what, cause === undefined ? {} : { cause });
}

/** The upstream made an answer and keeps it to itself: asking again would not help. */
export function refuseFiltered(): AppError {
  return new AppError("upstream_refused", "held its answer back: its content filter stopped it");
}
