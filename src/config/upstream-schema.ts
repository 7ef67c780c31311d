import { z } from "zod";

const maxModels = 1024;
const maxTokens = 2 ** 24;
const maxRequests = 1_000_000;
const maxTimeoutMs = 24 * 3600 * 1000;

function positive(unit: string) {
  return z.number({ error: `expected ${unit}` }).min(0, { error: `expected ${unit}, 0 or more` });
}

const model = z.strictObject({
  contextTokens: z.int().min(1).max(maxTokens).exactOptional(),
  /** USD for a million tokens. */
  inputUsd: positive("USD for a million tokens").exactOptional(),
  outputUsd: positive("USD for a million tokens").exactOptional(),
});

/** A server elsewhere that answers for models. */
export const upstreamSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
    error: "expected a name of a-z, 0-9 and -, such as openai",
  }),
  url: z.string().refine((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), {
    error: "expected an address such as https://api.openai.com/v1",
  }),
  kind: z
    .enum(["openai", "anthropic", "hearth"], { error: "expected openai, anthropic or hearth" })
    .default("openai"),
  /** Where the key is found, never the key. */
  key: z
    .string()
    .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, {
      error: "expected env:NAME or file:PATH, never the key itself",
    })
    .exactOptional(),
  /** What is known of its models; others are asked for at the server where it lists them. */
  models: z
    .record(z.string().min(1).max(255), model)
    .refine((models) => Object.keys(models).length <= maxModels, {
      error: `expected at most ${maxModels} models`,
    })
    .default({}),
  requestsPerMinute: z.int().min(1).max(maxRequests).exactOptional(),
  maxConcurrent: z.int().min(1).max(maxRequests).exactOptional(),
  timeoutMs: z.int().min(100).max(maxTimeoutMs).exactOptional(),
});

export type UpstreamConfig = z.output<typeof upstreamSchema>;

/** `name=url` as flags and the environment give it, or the object of a configuration file. */
export const upstreamEntry = z.union([
  z
    .string()
    .regex(/^[^=]+=.+$/, { error: "expected NAME=URL, such as big=https://api.example.com/v1" })
    .transform((text) => ({ name: text.slice(0, text.indexOf("=")), url: text.slice(text.indexOf("=") + 1) }))
    .pipe(upstreamSchema),
  upstreamSchema,
]);
