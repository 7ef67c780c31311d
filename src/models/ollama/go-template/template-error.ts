import { AppError } from "../../../base/index.ts";

/** A refusal of a template, with the line and column of what is wrong. */
export function templateError(source: string, position: number, problem: string): AppError {
  const before = source.slice(0, position);
  const line = before.split("\n").length;
  const column = position - before.lastIndexOf("\n");
  return new AppError("invalid_request", `the model's template, line ${line}, column ${column}: ${problem}`);
}
