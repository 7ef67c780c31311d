import { AppError, toAppError } from "../base/index.ts";

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
