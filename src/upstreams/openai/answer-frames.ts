import { z } from "zod";

const count = z.int().min(0);

const alternative = z.looseObject({
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int().min(0).max(255)).nullish(),
});

const token = alternative.extend({ top_logprobs: z.array(alternative).nullish() });

const toolCall = z.looseObject({
  index: count.nullish(),
  id: z.string().nullish(),
  function: z.looseObject({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});

const choice = z.looseObject({
  index: count.default(0),
  delta: z
    .looseObject({
      content: z.string().nullish(),
      refusal: z.string().nullish(),
      reasoning_content: z.string().nullish(),
      reasoning: z.string().nullish(),
      tool_calls: z.array(toolCall).nullish(),
    })
    .nullish(),
  text: z.string().nullish(),
  finish_reason: z.string().nullish(),
  logprobs: z.looseObject({ content: z.array(token).nullish() }).nullish(),
});

const usage = z.looseObject({
  prompt_tokens: count,
  completion_tokens: count.nullish(),
  prompt_tokens_details: z.looseObject({ cached_tokens: count.nullish() }).nullish(),
  completion_tokens_details: z.looseObject({ reasoning_tokens: count.nullish() }).nullish(),
});

/** A chunk of a streamed answer, with what servers are known to leave out left out. */
export const chunkSchema = z.looseObject({
  choices: z.array(choice).nullish(),
  usage: usage.nullish(),
  error: z.unknown().optional(),
});

export type WireChoice = z.output<typeof choice>;
export type WireToolCall = z.output<typeof toolCall>;
export type WireToken = z.output<typeof token>;
export type WireUsage = z.output<typeof usage>;
