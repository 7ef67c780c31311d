import { shortenText } from "../base/index.ts";
import { maxNameCharacters } from "./limits.ts";
import { invalidParameter } from "./parameter-errors.ts";
import type { AppContext } from "./request-scope.ts";

const defaultLimit = 20;
const usualMaxLimit = 100;

/** `?limit` and `?after`, as OpenAI's lists take them. */
export function readPage(
  context: AppContext,
  maxLimit = usualMaxLimit,
): { readonly limit: number; readonly after?: string } {
  const given = context.req.query("limit");
  const after = context.req.query("after");
  const limit = given === undefined ? defaultLimit : Number(given);
  if (given !== undefined && (!/^\d+$/.test(given) || limit < 1 || limit > maxLimit)) {
    const shown = shortenText(given, maxNameCharacters);
    throw invalidParameter("limit", `limit: expected a whole number from 1 to ${maxLimit}, got "${shown}".`);
  }
  return { limit, ...(after !== undefined && { after: after.slice(0, maxNameCharacters) }) };
}
