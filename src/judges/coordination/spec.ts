import { z } from "zod";
import { AppError } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import { sayIssue } from "../say-issue.ts";
import { checkRubric } from "../validation/rubric/rate-answer.ts";
import { type BudgetLimits, maxBudget, type Price } from "./budget.ts";
import { type StrategyName, strategyNames } from "./strategies/strategies.ts";

const maxTaskCharacters = 20_000;
const maxAgents = 16;
const maxRounds = 8;
const maxRepeats = 100;
const maxAnswerTokens = 8_192;
const maxCriteria = 16;
const maxNameCharacters = 256;
const maxPrices = 64;
const defaultAgents = 3;
const defaultRounds = 2;
const defaultRepeats = 5;
const defaultTemperature = 0.7;
const maxTemperature = 2;
/** Short: in a debate every agent reads the answers of all others. */
const defaultAnswerTokens = 200;

/** What is to be measured. */
export type CoordinationSpec = {
  readonly task: string;
  readonly strategy: StrategyName;
  /** Models of the agents; undefined stands for the first configured one. */
  readonly agents: readonly (string | undefined)[];
  /** Of a debate. */
  readonly rounds: number;
  /** Absent: the model of the first agent, with a warning. */
  readonly judgeModel?: string;
  /** What the judge rates; absent: its default criteria. */
  readonly criteria?: readonly string[];
  readonly reference?: string;
  /** Whether there is one right answer: positions are counted, and compared with the reference instead of rated. */
  readonly isClosed: boolean;
  readonly temperature: number;
  readonly maxTokens: number;
  /** Absent: drawn once and recorded. */
  readonly seed?: number;
  readonly repeats: number;
  readonly refreshesBaseline: boolean;
  /** Whether as many independent answers as cost the same tokens are measured too. */
  readonly isComputeMatched: boolean;
  readonly budget: BudgetLimits;
  readonly agentBudget: BudgetLimits;
  readonly prices: Readonly<Record<string, Price>>;
};

function whole(minimum: number, maximum: number) {
  return z.number().refine((value) => Number.isInteger(value) && value >= minimum && value <= maximum, {
    error: ({ input }) =>
      `expected a whole number from ${minimum} to ${maximum}, got ${JSON.stringify(input)}`,
  });
}

function createLimits() {
  return z.strictObject({
    tokens: whole(1, maxBudget).optional(),
    calls: whole(1, maxBudget).optional(),
    usd: z.number().positive().max(maxBudget).optional(),
  });
}

function createSchema() {
  const text = (maximum: number) =>
    z
      .string()
      .max(maximum)
      .refine((value) => value.trim() !== "", "is blank");
  const name = text(maxNameCharacters);
  // The judge's answer has a field of each name.
  const criterion = name.refine((value) => value.isWellFormed(), "holds half of a character");
  const limits = createLimits().default({});
  const usd = z.number().min(0).max(maxBudget);
  return z.strictObject({
    task: text(maxTaskCharacters),
    strategy: z
      .string()
      .default("sequential")
      .transform((value, context): StrategyName => {
        const found = strategyNames.find((known) => known === value);
        if (found) return found;
        const message = `there is no strategy ${JSON.stringify(value.slice(0, maxNameCharacters))}; there are ${strategyNames.join(", ")}`;
        context.addIssue({ code: "custom", message });
        return z.NEVER;
      }),
    num_agents: whole(1, maxAgents).optional(),
    agents: z
      .array(z.strictObject({ model: name }))
      .min(1)
      .max(maxAgents)
      .optional(),
    model: name.optional(),
    rounds: whole(1, maxRounds).default(defaultRounds),
    judge_model: name.optional(),
    criteria: z.array(criterion).min(1).max(maxCriteria).optional(),
    reference: text(maxTaskCharacters).optional(),
    closed: z.boolean().default(false),
    temperature: z
      .number()
      .refine((value) => value >= 0 && value <= maxTemperature, {
        error: ({ input }) => `expected a number from 0 to ${maxTemperature}, got ${JSON.stringify(input)}`,
      })
      .default(defaultTemperature),
    max_tokens: whole(1, maxAnswerTokens).default(defaultAnswerTokens),
    seed: whole(0, 2 ** 32 - 1).optional(),
    repeats: whole(1, maxRepeats).default(defaultRepeats),
    force_baseline_refresh: z.boolean().default(false),
    compute_matched: z.boolean().default(true),
    budget: limits,
    agent_budget: limits,
    prices: z
      .record(name, z.strictObject({ input_usd_per_million: usd, output_usd_per_million: usd }))
      .refine((prices) => Object.keys(prices).length <= maxPrices, `holds more than ${maxPrices} models`)
      .default({}),
  });
}

type SpecBody = z.output<ReturnType<typeof createSchema>>;

/** Reads what a client or a stored run says. Throws AppError invalid_request naming the field and what was given. */
export function parseCoordinationSpec(value: unknown): CoordinationSpec {
  const result = createSchema().safeParse(value);
  if (!result.success) throw toError(result.error.issues);
  const { agents, num_agents: count, model, criteria } = result.data;
  if (criteria) checkRubric(criteria);
  if (agents && count !== undefined && agents.length !== count) {
    throw invalid("num_agents", `${count} agents were asked for and ${agents.length} are listed in agents`);
  }
  if (agents && model !== undefined)
    throw invalid("model", "agents names a model for each; give one of the two");
  const models =
    agents?.map((agent) => agent.model) ?? Array.from({ length: count ?? defaultAgents }, () => model);
  return toSpec(result.data, models);
}

/** A budget that a run is resumed with. Throws as `parseCoordinationSpec` does. */
export function parseBudget(value: unknown): BudgetLimits {
  const result = createLimits().safeParse(value);
  if (!result.success) throw toError(result.error.issues, ["budget"]);
  return toLimits(result.data);
}

function toSpec(body: SpecBody, agents: CoordinationSpec["agents"]): CoordinationSpec {
  const { judge_model: judgeModel, criteria, reference, seed } = body;
  return {
    ...{ task: body.task, strategy: body.strategy, agents, rounds: body.rounds },
    ...(judgeModel !== undefined && { judgeModel }),
    ...(criteria && { criteria }),
    ...(reference !== undefined && { reference }),
    ...{ isClosed: body.closed, temperature: body.temperature, maxTokens: body.max_tokens },
    ...(seed !== undefined && { seed }),
    ...{ repeats: body.repeats, refreshesBaseline: body.force_baseline_refresh },
    ...{ isComputeMatched: body.compute_matched },
    ...{ budget: toLimits(body.budget), agentBudget: toLimits(body.agent_budget) },
    prices: Object.fromEntries(
      Object.entries(body.prices).map(([model, price]) => [
        model,
        {
          inputUsdPerMillion: price.input_usd_per_million,
          outputUsdPerMillion: price.output_usd_per_million,
        },
      ]),
    ),
  };
}

/** As `parseCoordinationSpec` reads it; agents without a model of their own are counted. */
export function toSpecBody(spec: CoordinationSpec): JsonObject {
  const named = spec.agents.flatMap((model) => (model === undefined ? [] : [{ model }]));
  const { judgeModel, criteria, reference, seed } = spec;
  return {
    ...{ task: spec.task, strategy: spec.strategy, num_agents: spec.agents.length, rounds: spec.rounds },
    ...(named.length === spec.agents.length && { agents: named }),
    ...(judgeModel !== undefined && { judge_model: judgeModel }),
    ...(criteria && { criteria }),
    ...(reference !== undefined && { reference }),
    ...{ closed: spec.isClosed, temperature: spec.temperature, max_tokens: spec.maxTokens },
    ...(seed !== undefined && { seed }),
    ...{ repeats: spec.repeats, force_baseline_refresh: spec.refreshesBaseline },
    ...{ compute_matched: spec.isComputeMatched },
    ...{ budget: { ...spec.budget }, agent_budget: { ...spec.agentBudget } },
    prices: Object.fromEntries(
      Object.entries(spec.prices).map(([model, { inputUsdPerMillion, outputUsdPerMillion }]) => [
        model,
        { input_usd_per_million: inputUsdPerMillion, output_usd_per_million: outputUsdPerMillion },
      ]),
    ),
  };
}

function toLimits({ tokens, calls, usd }: SpecBody["budget"]): BudgetLimits {
  return {
    ...(tokens !== undefined && { tokens }),
    ...(calls !== undefined && { calls }),
    ...(usd !== undefined && { usd }),
  };
}

function toError([issue]: readonly z.core.$ZodIssue[], within: readonly PropertyKey[] = []): AppError {
  const path = [...within, ...(issue?.path ?? [])];
  return invalid(path.map(String).join("."), issue ? sayIssue(issue) : "invalid");
}

function invalid(param: string, message: string): AppError {
  const text = param === "" ? message : `${param}: ${message}`;
  return new AppError("invalid_request", text, { details: param === "" ? {} : { param } });
}
