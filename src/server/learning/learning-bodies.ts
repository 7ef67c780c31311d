import { z } from "@hono/zod-openapi";
import { maxContextIds, outcomes } from "../../coordinator/index.ts";
import { lazy } from "../lazy.ts";
import { maxModelIdCharacters, maxNameCharacters, maxPromptCharacters, maxTags } from "../limits.ts";
import { refuseOthers } from "../refuse-others.ts";

const maxTokensUsed = 2 ** 31;
const maxLatencyMs = 24 * 3600 * 1000;

const agentType = () =>
  z.enum(["local", "remote"]).describe("Whether the model is one of this machine, or elsewhere.");

/** What became of an answer. */
export const outcomeSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      outcome: z.enum(outcomes),
      feedback: z
        .union([z.literal(-1), z.literal(0), z.literal(1)], { error: "expected -1, 0 or 1" })
        .optional()
        .describe("Absent: as it was said before, else 0."),
    }),
  ),
);

/** An answer that was made elsewhere. */
export const interactionSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      query: z.string().min(1).max(maxPromptCharacters),
      response: z.string().max(maxPromptCharacters),
      agent_type: agentType(),
      model_used: z.string().min(1).max(maxModelIdCharacters),
      context_ids: z
        .array(z.string().min(1).max(maxNameCharacters))
        .max(maxContextIds)
        .optional()
        .describe("Ids of chunks it was given, as POST /v1/augment tells them."),
      tokens_used: z.int().min(0).max(maxTokensUsed).optional(),
      latency_ms: z.number().min(0).max(maxLatencyMs).optional(),
      consent: z.boolean().optional().describe("Whether it may become training data."),
      privacy: z.enum(["local"]).optional().describe("Nothing made of it leaves the machine."),
      tags: z.array(z.string().min(1).max(maxNameCharacters)).max(maxTags).optional(),
    }),
  ),
);

/** A query that is to be given what the collections hold on it. */
export const augmentSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      query: z.string().min(1).max(maxPromptCharacters),
      agent_type: agentType().default("local"),
    }),
  ),
);

export type InteractionBody = z.output<ReturnType<typeof interactionSchema>>;
