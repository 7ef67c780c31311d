import { AppError, toAppError } from "../base/index.ts";
import type { ModelLibrary, ModelRecord, WorkEvent } from "../models/index.ts";
import { followWork } from "./follow-work.ts";
import type { CliIo } from "./io.ts";

/** The model of that name; where it is not here it is pulled first, with its progress on stderr. */
export async function findOrPull(
  io: CliIo,
  library: Pick<ModelLibrary, "find" | "pull">,
  reference: string,
  signal: AbortSignal,
): Promise<ModelRecord> {
  const found = await library.find(reference);
  if (found) return found;
  const events = library.pull(reference, { signal });
  try {
    return await followWork(io, io.stderr.isTTY === true ? events : afterManifest(events), { json: false });
  } catch (cause) {
    const { code, message, details } = toAppError(cause);
    if (code === "cancelled") throw cause;
    const whole = `there is no model "${reference}" here, and it cannot be pulled: ${message}`;
    throw new AppError(code, whole, { cause, details });
  }
}

/** In a log nothing is said until it is known that there is something to fetch. */
async function* afterManifest(events: AsyncIterable<WorkEvent>): AsyncGenerator<WorkEvent> {
  let hasBegun = false;
  for await (const event of events) {
    hasBegun ||= event.type !== "status";
    if (hasBegun) yield event;
  }
}
