import { z } from "zod";

const maxUpstreams = 256;
const maxModels = 1024;
const maxTokens = 2 ** 24;
const maxRequests = 1_000_000;
const maxTimeoutMs = 24 * 3600 * 1000;

const expectedUrl = "expected an address such as https://api.openai.com/v1";

function isAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.hash === "";
}

function hasUserInfo(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && `${url.username}${url.password}` !== "";
}

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
  url: z
    .string({ error: expectedUrl })
    .refine(isAddress, { error: expectedUrl })
    .refine((url) => !hasUserInfo(url), {
      error: "expected an address without user and password; say in key where the key is found",
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

const nameAndUrl = /^([^=]+)=(.+)$/s;

/** `NAME=URL` as flags and the environment give it, or the object of a configuration file. */
const upstreamEntry = z.preprocess((given, context) => {
  if (typeof given !== "string") return given;
  const [, name, url] = nameAndUrl.exec(given) ?? [];
  if (name !== undefined) return { name, url };
  context.addIssue("expected NAME=URL, such as big=https://api.example.com/v1");
  return z.NEVER;
}, upstreamSchema);

/** Upstreams, no two of one name. */
export const upstreamList = z
  .array(upstreamEntry, { error: "expected a list" })
  .max(maxUpstreams, { error: `expected at most ${maxUpstreams} items` })
  .superRefine((upstreams, context) => {
    for (const [index, { name }] of upstreams.entries()) {
      if (upstreams.findIndex((other) => other.name === name) === index) continue;
      const message = `expected names of their own, and ${name} is there twice`;
      context.addIssue({ code: "custom", path: [index, "name"], message });
    }
  });
