import { z } from "zod";

const count = z.int().min(0);

const usage = z.looseObject({
  input_tokens: count.nullish(),
  cache_read_input_tokens: count.nullish(),
  cache_creation_input_tokens: count.nullish(),
  output_tokens: count.nullish(),
});

const known = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("message_start"),
    message: z.looseObject({ usage: usage.nullish() }),
  }),
  z.looseObject({
    type: z.literal("content_block_start"),
    index: count,
    content_block: z.looseObject({
      type: z.string(),
      text: z.string().nullish(),
      thinking: z.string().nullish(),
      id: z.string().nullish(),
      name: z.string().nullish(),
    }),
  }),
  z.looseObject({
    type: z.literal("content_block_delta"),
    index: count,
    delta: z.looseObject({
      type: z.string(),
      text: z.string().nullish(),
      thinking: z.string().nullish(),
      partial_json: z.string().nullish(),
    }),
  }),
  z.looseObject({ type: z.literal("content_block_stop"), index: count }),
  z.looseObject({
    type: z.literal("message_delta"),
    delta: z.looseObject({ stop_reason: z.string().nullish(), stop_sequence: z.string().nullish() }),
    usage: usage.nullish(),
  }),
  z.looseObject({ type: z.literal("message_stop") }),
  z.looseObject({ type: z.literal("error"), error: z.unknown() }),
]);

/** Every event names its type; those that are new and unknown here are to be passed over, as the protocol asks. */
export const eventSchema = z.looseObject({ type: z.string() });
export const knownEventSchema = known;
export const knownEventTypes: ReadonlySet<string> = new Set(
  known.options.map(({ shape }) => shape.type.value),
);

export type WireEvent = z.output<typeof known>;
export type WireUsage = z.output<typeof usage>;
