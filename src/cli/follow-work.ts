import { AppError } from "../base/index.ts";
import type { ModelRecord, WorkEvent } from "../models/index.ts";
import type { CliIo } from "./io.ts";
import { toListing } from "./listing.ts";
import { createProgress } from "./progress.ts";
import { toJsonText } from "./table.ts";

/** Shows long work on stderr as it goes, or as lines of JSON on stdout, and returns the model that it ends with. */
export async function followWork(
  io: CliIo,
  events: AsyncIterable<WorkEvent>,
  { json }: { readonly json: boolean },
): Promise<ModelRecord> {
  using progress = json ? undefined : createProgress(io.stderr);
  let made: ModelRecord | undefined;
  for await (const event of events) {
    if (json) io.stdout.write(`${toJsonText(toLine(event))}\n`);
    if (event.type === "done") made = event.record;
    else progress?.show(event);
  }
  if (made) return made;
  throw new AppError("server_error", "the work ended without a model; try it again");
}

function toLine(event: WorkEvent) {
  return event.type === "done" ? { type: "done", model: toListing(event.record) } : event;
}
