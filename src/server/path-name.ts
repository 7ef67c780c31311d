import { maxNameCharacters } from "./limits.ts";
import type { AppContext } from "./request-scope.ts";

/** The name or id in a request's path; of one that is too long to exist only its start, for the error that shows it. */
export function readPathName(context: AppContext, parameter = "id"): string {
  return (context.req.param(parameter) ?? "").slice(0, maxNameCharacters);
}
