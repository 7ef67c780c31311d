import type { WorkEvent } from "../../models/index.ts";
import { type StreamCodec, streamAnswer } from "../answer.ts";
import type { AppContext } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import { ndjsonFormat, toLine } from "../stream.ts";
import { toErrorBody } from "./errors.ts";

const success = { status: "success" };

/** The lines of a pull or a creation as they come, or `success` alone once all is done. */
export async function answerWork(
  context: AppContext,
  deps: RouteDeps,
  events: AsyncIterable<WorkEvent>,
  { stream }: { readonly stream: boolean },
): Promise<Response> {
  if (stream) return streamAnswer(context, deps, events[Symbol.asyncIterator](), createWorkCodec());
  for await (const event of events) if (event.type === "done") break;
  return context.json(success);
}

function createWorkCodec(): StreamCodec<WorkEvent> {
  let last = "";
  return {
    format: ndjsonFormat(() => last),
    encode(event) {
      last = toLine(toProgress(event));
      return last;
    },
    encodeError: (error) => toLine(toErrorBody(error)),
  };
}

function toProgress(event: WorkEvent) {
  switch (event.type) {
    case "status":
      return { status: event.status };
    case "progress": {
      const { status, digest, total, completed } = event;
      return { status, digest, total, completed };
    }
    case "done":
      return success;
    default:
      return event satisfies never;
  }
}
