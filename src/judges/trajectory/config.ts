import { z } from "zod";
import { AppError } from "../../base/index.ts";
import type { Sampling } from "../../contract/index.ts";
import { sayIssue } from "../say-issue.ts";
import type { Bars } from "./thresholds.ts";

export const maxPromptCharacters = 10_000;
const maxNewTokens = 4_096;
/** Alternatives of a token that the engine is asked for; two are the least whose entropy says something. */
const topKRange = { least: 2, most: 20 } as const;

/** Alternatives that the usual entropy window is wide. */
const observedAlternatives = 10;

const usualSurpriseProbability = 0.1;
const threshold = z.number().positive();

/** Thresholds have no default here: absent ones are the model's own, else those of every model. */
const configSchema = z.strictObject({
  perplexity_threshold: threshold.exactOptional(),
  entropy_threshold: threshold.max(1).exactOptional(),
  surprise_threshold: threshold.exactOptional(),
  surprise_probability_threshold: z.number().gt(0).max(1).default(usualSurpriseProbability),
  max_new_tokens: z.int().min(1).max(maxNewTokens).default(150),
  temperature: z.number().min(0).max(2).default(0.7),
  top_k: z.int().min(topKRange.least).max(topKRange.most).default(observedAlternatives),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .exactOptional(),
});

export type TrajectoryConfig = {
  /** Bars that the request sets itself, in place of the model's. */
  readonly bars: Partial<Bars>;
  /** Tokens less likely than this are surprising. */
  readonly surpriseProbability: number;
  readonly maxNewTokens: number;
  /** For sampling alone: what is measured are the raw logits. */
  readonly temperature: number;
  /** Width of the entropy window; it does not narrow what is sampled from. */
  readonly topK: number;
  readonly seed?: number;
};

/** Checks a config as clients write it. Throws AppError invalid_request naming the field. */
export function parseTrajectoryConfig(value: unknown, path = "config"): TrajectoryConfig {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return toConfig(parsed.data);
  const [issue] = parsed.error.issues;
  const field = [path, ...(issue?.path ?? [])].filter((part) => part !== "").join(".");
  const message = `${field === "" ? "" : `${field}: `}${issue ? sayIssue(issue) : "invalid"}`;
  throw new AppError("invalid_request", message, { details: field === "" ? {} : { param: field } });
}

function toConfig(fields: z.output<typeof configSchema>): TrajectoryConfig {
  const { perplexity_threshold, entropy_threshold, surprise_threshold, seed } = fields;
  return {
    bars: {
      ...(perplexity_threshold !== undefined && { perplexity: perplexity_threshold }),
      ...(entropy_threshold !== undefined && { entropy: entropy_threshold }),
      ...(surprise_threshold !== undefined && { surprise: surprise_threshold }),
    },
    surpriseProbability: fields.surprise_probability_threshold,
    maxNewTokens: fields.max_new_tokens,
    temperature: fields.temperature,
    topK: fields.top_k,
    ...(seed !== undefined && { seed }),
  };
}

/** Bars are calibrated with the usual settings; figures that were measured otherwise cannot be held against them. */
export function isUsualWindow({ topK, surpriseProbability }: TrajectoryConfig): boolean {
  return topK === observedAlternatives && surpriseProbability === usualSurpriseProbability;
}

/** The config as clients write it. */
export function toConfigBody(config: TrajectoryConfig) {
  return {
    surprise_probability_threshold: config.surpriseProbability,
    max_new_tokens: config.maxNewTokens,
    temperature: config.temperature,
    top_k: config.topK,
    seed: config.seed ?? null,
  };
}

/** Throws AppError invalid_request for a prompt that is empty or longer than 10,000 characters. */
export function checkPrompt(text: string, path = "prompt"): void {
  const characters = text.length;
  if (characters > maxPromptCharacters) {
    throw new AppError(
      "invalid_request",
      `${path}: it has ${characters} characters, and ${maxPromptCharacters} are the most; give a shorter one`,
      { details: { param: path, error: "PromptTooLong", characters, max: maxPromptCharacters } },
    );
  }
  if (text.trim() === "") {
    throw new AppError("invalid_request", `${path}: it is empty; give something to answer`, {
      details: { param: path, error: "InvalidInput" },
    });
  }
}

export function toSampling({ temperature, seed }: TrajectoryConfig): Sampling {
  return { temperature, ...(seed !== undefined && { seed }) };
}
