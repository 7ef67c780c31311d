import { maxHops, maxNameCharacters } from "./limits.ts";
import { invalidParameter } from "./parameter-errors.ts";

const hopsHeader = "x-hearth-hops";

/**
 * How many servers passed a request on before this one. Throws AppError invalid_request where they are too many: no
 * other server is asked in its place then, and the loop ends.
 */
export function readHops(headers: Headers): number {
  const given = headers.get(hopsHeader);
  if (given === null) return 0;
  const hops = /^\d+$/.test(given) ? Number(given) : Number.NaN;
  if (hops <= maxHops) return hops;
  const shown = given.slice(0, maxNameCharacters);
  const message = Number.isNaN(hops)
    ? `${hopsHeader}: expected a whole number, got "${shown}".`
    : `${hopsHeader}: ${shown} servers passed this request on, and ${maxHops} may; see whether their upstreams send to each other.`;
  throw invalidParameter(hopsHeader, message);
}
