import { z } from "@hono/zod-openapi";
import { lazy } from "../lazy.ts";

const streamField = () =>
  z.boolean().optional().describe("Answer with events: progress, then the run, then [DONE].");

const budgetField = () =>
  z
    .looseObject({ tokens: z.number().optional(), calls: z.number().optional(), usd: z.number().optional() })
    .optional()
    .describe(
      "Most that may be spent in an hour, by all runs together; a call that could exceed it is refused.",
    );

/** What clients can say, for the documentation; `parseCoordinationSpec` is what checks it. */
export const coordinationSchema = lazy(() =>
  z.looseObject({
    task: z.string().optional().describe("What the agents are to do; required."),
    strategy: z.string().optional().describe("sequential (default), parallel or debate."),
    num_agents: z.number().optional().describe("How many agents; default 3."),
    model: z.string().optional().describe("Model of all agents; default the first that is configured."),
    agents: z
      .array(z.looseObject({ model: z.string() }))
      .optional()
      .describe("The model of each agent, in place of num_agents and model."),
    rounds: z.number().optional().describe("Rounds of a debate; default 2."),
    judge_model: z.string().optional().describe("Model that judges; default that of the first agent."),
    criteria: z
      .array(z.string())
      .optional()
      .describe("What the judge rates; default accuracy, relevance, completeness and clarity."),
    reference: z.string().optional().describe("An answer that is known to be right."),
    closed: z
      .boolean()
      .optional()
      .describe("There is one right answer: votes are counted, and a reference takes the judge's place."),
    temperature: z.number().optional().describe("Of the agents; default 0.7."),
    max_tokens: z.number().optional().describe("Longest answer of an agent; default 200."),
    seed: z
      .number()
      .optional()
      .describe("Of answers and intervals; answers made side by side may differ in spite of it."),
    repeats: z
      .number()
      .optional()
      .describe("How often all of it is measured; default 5, without intervals below."),
    force_baseline_refresh: z.boolean().optional().describe("Measure the agents alone again."),
    compute_matched: z
      .boolean()
      .optional()
      .describe(
        "Whether as many independent answers as cost the same tokens are measured too; default true.",
      ),
    budget: budgetField(),
    agent_budget: budgetField().describe("The same of each agent."),
    prices: z
      .record(
        z.string(),
        z.looseObject({ input_usd_per_million: z.number(), output_usd_per_million: z.number() }),
      )
      .optional()
      .describe("By model; models that are not named cost nothing."),
    stream: streamField(),
  }),
);

export const resumeSchema = lazy(() => z.looseObject({ budget: budgetField(), stream: streamField() }));
