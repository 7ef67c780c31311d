import { z } from "@hono/zod-openapi";
import { lazy } from "../lazy.ts";
import { maxDocuments, maxModelIdCharacters, maxPromptCharacters, maxTools } from "../limits.ts";
import { refuseOthers } from "../refuse-others.ts";

/** 32 bits, of which suites count their repetitions up. */
const maxSeed = 2 ** 31 - 1;

const text = () => z.string().max(maxPromptCharacters);
const model = () => z.string().min(1).max(maxModelIdCharacters);
const criteria = () =>
  z
    .record(z.string(), z.unknown())
    .describe("What is asked of the answer, by the names of the criteria; absent: the defaults.");

/** One answer, and what it is judged by. */
export const judgeSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      prompt: text().optional().describe("What was asked."),
      response: text().optional().describe("The answer; absent: `model` is asked for it."),
      model: model().optional().describe("Who answered, or is to answer."),
      context: z.array(text()).max(maxDocuments).optional().describe("Texts the answer should rest on."),
      reference: text().optional().describe("An answer known to be right."),
      tool_calls: z
        .array(z.strictObject({ name: z.string().min(1), arguments: z.unknown().optional() }))
        .max(maxTools)
        .optional(),
      criteria: criteria().optional(),
      judge_model: model().optional().describe("Model that rates the answer where criteria ask for one."),
      max_tokens: z.int().min(1).optional(),
      temperature: z.number().min(0).optional(),
      seed: z.int().min(0).max(maxSeed).optional(),
    }),
  ),
);

/** A run of a suite, or of one suite on several models. */
export const judgeRunSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      suite: z
        .record(z.string(), z.unknown())
        .optional()
        .describe("A suite as in a file of hearth judge; absent: the starter suite."),
      model: model().optional().describe("Stands over the suite's own."),
      compare: z
        .array(model())
        .max(maxDocuments)
        .optional()
        .describe("Models to compare, in place of `model`."),
      judge_model: model().optional(),
      repetitions: z.int().min(1).optional(),
      seed: z.int().min(0).max(maxSeed).optional(),
      concurrency: z.int().min(1).optional(),
      stream: z.boolean().optional().describe("Tell of each answer as it comes."),
    }),
  ),
);

/** What is probed of a model; `parseProbeSpec` checks the fields. */
export const probeSchema = lazy(() =>
  z.looseObject({
    model: model().optional(),
    judge_model: model().optional(),
    prompt: text().optional().describe("What quality is judged on; absent: a question about AI."),
    scenarios: z.array(z.unknown()).optional().describe("Tools, and the calls that are expected of them."),
    consistency: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("Prompts that are asked again and again."),
    criteria: criteria().optional(),
    config: z.record(z.string(), z.unknown()).optional().describe("How often and how long is tried."),
  }),
);

export const judgeResumeSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      concurrency: z.int().min(1).optional(),
      stream: z.boolean().optional(),
    }),
  ),
);

export type JudgeBody = z.output<ReturnType<typeof judgeSchema>>;
export type JudgeRunBody = z.output<ReturnType<typeof judgeRunSchema>>;
