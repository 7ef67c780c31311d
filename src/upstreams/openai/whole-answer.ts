import { z } from "zod";
import { parseFrame } from "../parse-frame.ts";
import type { Frame } from "../sse.ts";

const answerSchema = z.looseObject({
  choices: z.array(z.looseObject({ message: z.unknown().optional() })).nullish(),
});

/** An answer in one piece as the chunk that it would be, were it streamed in one; an error stays as it is. */
export function fromWholeAnswer(text: string): readonly Frame[] {
  const { choices, ...rest } = parseFrame(answerSchema, text);
  const streamed = (choices ?? []).map(({ message, ...choice }) => ({
    ...choice,
    ...(message !== undefined && { delta: message }),
  }));
  return [{ data: JSON.stringify({ ...rest, choices: streamed }) }, { data: "[DONE]" }];
}
