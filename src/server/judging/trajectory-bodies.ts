import { z } from "@hono/zod-openapi";
import { lazy } from "../lazy.ts";
import { maxMessages, maxModelIdCharacters, maxPromptCharacters } from "../limits.ts";

/** Longest that a batch may be given. */
const maxBatchTimeoutMs = 600_000;

const model = () =>
  z.string().min(1).max(maxModelIdCharacters).optional().describe("Absent: the first that is configured.");
const number = (text: string) => z.number().optional().describe(text);

/** What clients can say; the ranges and the fields that there are, are checked by `parseTrajectoryConfig`. */
const itemShape = () => ({
  model: model(),
  prompt: z.string().optional().describe("What to answer, of 10,000 characters at most; or `messages`."),
  messages: z
    .array(
      z.strictObject({
        role: z.enum(["system", "user", "assistant"]),
        content: z.string(),
      }),
    )
    .min(1)
    .max(maxMessages)
    .optional()
    .describe("A conversation to go on with, in place of `prompt`."),
  max_new_tokens: number("Longest answer; default 150."),
  temperature: number("Of the sampling, never of what is measured; default 0.7."),
  top_k: number("Alternatives that entropy is measured over; default 10."),
  seed: number("Makes the answer repeatable."),
  surprise_probability_threshold: number("Tokens less likely than this are surprising; default 0.1."),
  perplexity_threshold: number("Default: what was calibrated for the model, else 50."),
  entropy_threshold: number("Normalised; default: what was calibrated for the model, else 0.85."),
  surprise_threshold: number("Nats a token; default: what was calibrated for the model, else 0.067."),
});

export const trajectorySchema = lazy(() => z.looseObject(itemShape()));

export const trajectoryBatchSchema = lazy(() =>
  z.looseObject({
    items: z.array(z.looseObject(itemShape())).min(1).describe("Answered one after the other."),
    timeout_ms: z
      .number()
      .int()
      .min(1)
      .max(maxBatchTimeoutMs)
      .optional()
      .describe("Of all together, in equal parts; default 60,000."),
  }),
);

export const trajectoryTextSchema = lazy(() =>
  z.looseObject({
    model: model(),
    text: z.string().max(maxPromptCharacters),
    window_tokens: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe("As llama-perplexity's -c; absent: 512, or a short text as a whole."),
  }),
);

export type TrajectoryItem = z.output<ReturnType<typeof trajectorySchema>>;
