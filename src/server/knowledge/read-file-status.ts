import { shortenText } from "../../base/index.ts";
import { type BatchStatus, batchStatuses } from "../../knowledge/index.ts";
import { maxNameCharacters } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import type { AppContext } from "../request-scope.ts";

/** `?filter`, as lists of files take it. Throws AppError invalid_request for a state that files do not have. */
export function readFileStatus(context: AppContext): BatchStatus | undefined {
  const given = context.req.query("filter");
  if (given === undefined) return undefined;
  const status = batchStatuses.find((each) => each === given);
  if (status) return status;
  const shown = shortenText(given, maxNameCharacters);
  throw invalidParameter("filter", `filter: expected one of ${batchStatuses.join(", ")}, got "${shown}".`);
}
