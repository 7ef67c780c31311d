import { invalidParameter } from "../parameter-errors.ts";
import type { AppContext } from "../request-scope.ts";

const defaultLimit = 20;
const maxLimit = 100;

/** `?limit` and `?after`, as OpenAI's lists take them. */
export function readPage(context: AppContext): { readonly limit: number; readonly after?: string } {
  const given = context.req.query("limit");
  const after = context.req.query("after");
  const limit = given === undefined ? defaultLimit : Number(given);
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    throw invalidParameter("limit", `limit: expected a whole number from 1 to ${maxLimit}, got ${given}.`);
  }
  return { limit, ...(after !== undefined && { after }) };
}
