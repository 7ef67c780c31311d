import { z } from "zod";

const count = z.number().int().min(0);
const score = z.number().min(0).max(1);
const reason = z.string().max(2_000);

/** Value of a finished interaction: the sum of its parts outcome, feedback, reusability, complexity and novelty. */
const valueScore = {
  input: z.object({
    hook: z.literal("value.score"),
    outcome: z.enum(["success", "partial", "failure"]),
    feedback: z.union([z.literal(-1), z.literal(0), z.literal(1)]).default(0),
    query: z.string(),
    response: z.string().default(""),
    n80: count.default(0).describe("Past queries with a similarity of 0.8 or more, this one not counted."),
    n90: count.default(0).describe("Past queries with a similarity of 0.9 or more, this one not counted."),
  }),
  output: z.strictObject({
    value: score,
    terms: z.strictObject({
      outcome: score,
      feedback: score,
      reusability: score,
      complexity: score,
      novelty: score,
    }),
    highValue: z.boolean().describe("Whether the value reaches the bar of 0.7."),
    extract: z.boolean().describe("Whether a pattern is to be made of it: high value and outcome success."),
  }),
};

/** Where a request is to be answered. */
const routeDecide = {
  input: z.object({
    hook: z.literal("route.decide"),
    prompt: z.string(),
    inputTokens: count.optional().describe("Absent: counted as characters / 4."),
    outputTokens: count.optional().describe("Expected length of the answer."),
    contextScore: score.default(0).describe("Best score of the retrieved context."),
    confidence: score.optional().describe("Of the local model, from its own trajectory."),
    budgetLeft: z.number().optional().describe("Money left for remote calls; absent: no limit."),
    hasRemote: z.boolean().default(true),
    remoteAvailable: z.boolean().default(true).describe("False while its breaker is open."),
    label: z.enum(["local", "remote", "any"]).default("any").describe("What privacy or the caller demands."),
    load: score.default(0).describe("Share of local places that are taken."),
  }),
  output: z.strictObject({
    route: z.enum(["local", "remote"]),
    type: z.enum(["code", "reasoning", "format", "lookup", "synthesize"]),
    inputTokens: count,
    outputEstimate: count,
    contextScore: score,
    complexity: z.number().min(0).max(10),
    budgetLeft: z.number().optional(),
    rule: z.string().max(64).describe("The rule that decided."),
    reason,
  }),
};

/** Whether an answer that is stored for a similar question may be served. */
const cacheServe = {
  input: z.object({
    hook: z.literal("cache.serve"),
    query: z.string(),
    cachedQuery: z.string(),
    similarity: score,
    ageSeconds: z.number().min(0).default(0),
  }),
  output: z.strictObject({ serve: z.boolean(), reason: reason.default("") }),
};

/** Whether an answer may be stored for similar questions. */
const cacheAdmit = {
  input: z.object({ hook: z.literal("cache.admit"), query: z.string(), response: z.string() }),
  output: z.strictObject({ admit: z.boolean(), reason: reason.default("") }),
};

/** The decisions that a policy can be asked for. */
export const policyHooks = {
  "value.score": valueScore,
  "route.decide": routeDecide,
  "cache.serve": cacheServe,
  "cache.admit": cacheAdmit,
} as const;

export type PolicyHook = keyof typeof policyHooks;
export type PolicyInput<Hook extends PolicyHook> = z.input<(typeof policyHooks)[Hook]["input"]>;
export type PolicyOutput<Hook extends PolicyHook> = z.output<(typeof policyHooks)[Hook]["output"]>;
