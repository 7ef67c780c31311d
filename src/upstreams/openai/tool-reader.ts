import type { GenerateEvent } from "../../contract/index.ts";
import { refuseAnswer } from "../refuse.ts";
import type { WireToolCall } from "./answer-frames.ts";

type ToolEvent = Extract<GenerateEvent, { type: "tool-call" }>;

/** Pieces of the tool calls of one choice: a call's first piece names it, and the others hold its arguments alone. */
export type ToolReader = {
  /** Throws AppError upstream_failed for a piece that belongs to no call. */
  read(call: WireToolCall): Generator<ToolEvent, void, undefined>;
  /** Calls so far. */
  readonly count: number;
};

/** Most calls of one answer. */
const maxToolCalls = 256;

/** `prefix` begins the ids of calls that come without. */
export function createToolReader(choice: number, prefix: string): ToolReader {
  /** By the upstream's index, or by the order of ids where it gives none. */
  const known = new Map<number, { readonly index: number; readonly wireId: string | undefined }>();
  let last = -1;

  /** Servers that leave the index out send whole calls, each with an id. */
  function placeOf({ index, id }: WireToolCall): number {
    if (typeof index === "number") return index;
    const isNew = id ? known.get(last)?.wireId !== id : known.size === 0;
    return isNew ? last + 1 : last;
  }
  return {
    *read(call) {
      const place = placeOf(call);
      last = place;
      const argumentsDelta = call.function?.arguments ?? "";
      const open = known.get(place);
      if (open) {
        if (argumentsDelta !== "") yield { type: "tool-call", choice, index: open.index, argumentsDelta };
        return;
      }
      const name = call.function?.name;
      if (!name) throw refuseAnswer("sent a piece of a tool call that has no name");
      if (known.size >= maxToolCalls) throw refuseAnswer(`asked for more than ${maxToolCalls} tool calls`);
      const index = known.size;
      const id = call.id || `call_${prefix}_${index}`;
      known.set(place, { index, wireId: call.id || undefined });
      yield { type: "tool-call", choice, index, id, name, argumentsDelta };
    },
    get count() {
      return known.size;
    },
  };
}
