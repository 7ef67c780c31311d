import { z } from "zod";
import { AppError } from "../../../base/index.ts";
import { sayIssue } from "../../say-issue.ts";

/** How often, how long and how far apart a judge tries. */
export type JudgeConfig = {
  /** Attempts after the first. */
  readonly maxRetries: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** Most that is added to a delay, as a share of it. */
  readonly jitterFactor: number;
  /** Limit of each attempt. */
  readonly defaultTimeoutMs: number;
  /** Tells of each attempt in the result. */
  readonly verbose: boolean;
};

export const defaultJudgeConfig: JudgeConfig = {
  maxRetries: 3,
  baseDelayMs: 100,
  maxDelayMs: 5_000,
  jitterFactor: 0.1,
  defaultTimeoutMs: 30_000,
  verbose: false,
};

const mostRetries = 100;
const mostMs = 24 * 60 * 60 * 1_000;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const durationText = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

const duration = z.union([z.number(), z.string()]).transform((value, context) => {
  const [, count, unit = ""] =
    typeof value === "string" ? (durationText.exec(value) ?? []) : ["", value, "ms"];
  const durationMs = Number(count) * (unitMs[unit] ?? Number.NaN);
  if (durationMs >= 0 && durationMs <= mostMs) return durationMs;
  const message = `expected milliseconds, or a duration such as 500ms or 30s, of at most 24h, not ${JSON.stringify(value)}`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const judgeConfigSchema = z.strictObject({
  max_retries: z.int().min(0).max(mostRetries).optional(),
  base_delay: duration.optional(),
  max_delay: duration.optional(),
  jitter_factor: z.number().min(0).max(10).optional(),
  default_timeout: duration.refine((durationMs) => durationMs > 0, "expected more than 0").optional(),
  verbose: z.boolean().optional(),
});

/** A JudgeConfig as users write it, with defaults where fields are absent. Throws AppError invalid_request naming the field. */
export function parseJudgeConfig(value: unknown, path = "config"): JudgeConfig {
  const parsed = judgeConfigSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = [path, ...(issue?.path ?? [])].join(".");
    throw new AppError(
      "invalid_request",
      `${field}: ${issue ? sayIssue(issue) : "not a configuration of a judge"}`,
    );
  }
  const { max_retries, base_delay, max_delay, jitter_factor, default_timeout, verbose } = parsed.data;
  return {
    maxRetries: max_retries ?? defaultJudgeConfig.maxRetries,
    baseDelayMs: base_delay ?? defaultJudgeConfig.baseDelayMs,
    maxDelayMs: max_delay ?? defaultJudgeConfig.maxDelayMs,
    jitterFactor: jitter_factor ?? defaultJudgeConfig.jitterFactor,
    defaultTimeoutMs: default_timeout ?? defaultJudgeConfig.defaultTimeoutMs,
    verbose: verbose ?? defaultJudgeConfig.verbose,
  };
}
