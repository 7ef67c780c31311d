import { z } from "zod";
import { AppError } from "../../../base/index.ts";
import { sayIssue } from "../../say-issue.ts";
import { type Criteria, parseCriteria } from "../criteria.ts";
import { type JudgeConfig, parseJudgeConfig } from "./judge-config.ts";
import { type ConsistencyOptions, checkConsistencyOptions } from "./measure-consistency.ts";
import { parseToolScenario, type ToolScenario } from "./tool-scenario.ts";

/** What is probed of a model. */
export type ProbeSpec = {
  readonly model?: string;
  readonly judgeModel?: string;
  readonly qualityPrompt?: string;
  readonly maxTokens?: number;
  readonly thresholdMs?: number;
  readonly criteria: Criteria;
  readonly scenarios: readonly ToolScenario[];
  readonly consistency?: Omit<ConsistencyOptions, "model" | "config">;
  readonly config: JudgeConfig;
};

const maxScenarios = 100;
const share = z.number().min(0).max(1);

const consistencySchema = z.strictObject({
  prompts: z.array(z.string().min(1)),
  answers: z.number().optional(),
  kind: z.enum(["open", "closed"]).optional(),
  temperature: z.number().min(0).max(10).optional(),
  seed: z.int().min(0).optional(),
  max_tokens: z.int().min(1).optional(),
  min_consistency: share.optional(),
  min_success_rate: share.optional(),
  max_latency_ms: z.number().positive().optional(),
});

const probeSchema = z.strictObject({
  model: z.string().min(1).optional(),
  judge_model: z.string().min(1).optional(),
  prompt: z.string().min(1).optional(),
  max_tokens: z.int().min(1).optional(),
  max_latency_ms: z.number().positive().optional(),
  criteria: z.unknown().optional(),
  scenarios: z.array(z.unknown()).max(maxScenarios).optional(),
  consistency: consistencySchema.optional(),
  config: z.unknown().optional(),
});

/** What users ask to be probed; `prompt` is that of quality. Throws AppError invalid_request naming the field. */
export function parseProbeSpec(value: unknown, path = "probe"): ProbeSpec {
  const parsed = probeSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = [path, ...(issue?.path ?? [])].join(".");
    throw new AppError("invalid_request", `${field}: ${issue ? sayIssue(issue) : "not a probe"}`);
  }
  const { model, judge_model, prompt, max_tokens, max_latency_ms, ...parts } = parsed.data;
  const { scenarios = [], consistency } = parts;
  return {
    ...(model !== undefined && { model }),
    ...(judge_model !== undefined && { judgeModel: judge_model }),
    ...(prompt !== undefined && { qualityPrompt: prompt }),
    ...(max_tokens !== undefined && { maxTokens: max_tokens }),
    ...(max_latency_ms !== undefined && { thresholdMs: max_latency_ms }),
    criteria: parseCriteria(parts.criteria ?? {}, `${path}.criteria`),
    scenarios: scenarios.map((scenario, index) => parseToolScenario(scenario, `${path}.scenarios.${index}`)),
    ...(consistency && { consistency: toConsistency(consistency, `${path}.consistency`) }),
    config: parseJudgeConfig(parts.config ?? {}, `${path}.config`),
  };
}

function toConsistency(
  {
    max_tokens,
    min_consistency,
    min_success_rate,
    max_latency_ms,
    ...given
  }: z.output<typeof consistencySchema>,
  path: string,
): NonNullable<ProbeSpec["consistency"]> {
  const { prompts, answers, kind, temperature, seed } = given;
  const options = {
    prompts,
    ...(answers !== undefined && { answers }),
    ...(kind && { kind }),
    ...(temperature !== undefined && { temperature }),
    ...(seed !== undefined && { seed }),
    ...(max_tokens !== undefined && { maxTokens: max_tokens }),
    limits: {
      ...(min_consistency !== undefined && { consistency: min_consistency }),
      ...(min_success_rate !== undefined && { successRate: min_success_rate }),
      ...(max_latency_ms !== undefined && { latencyMs: max_latency_ms }),
    },
  };
  checkConsistencyOptions(options, path);
  return options;
}
