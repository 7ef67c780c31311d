import { z } from "zod";
import { parseFrame } from "../parse-frame.ts";
import type { Frame } from "../sse.ts";

const answerSchema = z.looseObject({
  type: z.string(),
  content: z
    .array(z.looseObject({ type: z.string(), input: z.record(z.string(), z.unknown()).optional() }))
    .default([]),
  stop_reason: z.string().nullish(),
  stop_sequence: z.string().nullish(),
  usage: z.unknown().optional(),
});

/** A message in one piece as the events that it would be streamed in; an error stays as it is. */
export function fromWholeMessage(text: string): readonly Frame[] {
  const message = parseFrame(answerSchema, text);
  if (message.type === "error") return [{ data: text }];
  const { content, stop_reason, stop_sequence, usage } = message;
  const frame = (event: object): Frame => ({ data: JSON.stringify(event) });
  const blocks = content.flatMap(({ input, ...block }, index) => [
    frame({ type: "content_block_start", index, content_block: block }),
    ...(input === undefined || Object.keys(input).length === 0 ? [] : [frame(toInputDelta(index, input))]),
    frame({ type: "content_block_stop", index }),
  ]);
  return [
    frame({ type: "message_start", message: { usage } }),
    ...blocks,
    frame({ type: "message_delta", delta: { stop_reason, stop_sequence }, usage }),
    frame({ type: "message_stop" }),
  ];
}

function toInputDelta(index: number, input: object) {
  const delta = { type: "input_json_delta", partial_json: JSON.stringify(input) };
  return { type: "content_block_delta", index, delta };
}
