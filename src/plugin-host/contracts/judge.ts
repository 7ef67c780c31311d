import { z } from "zod";

const maxReasons = 64;
const maxReasonCharacters = 2_000;
const maxMetrics = 128;
const maxViolations = 64;
/** Four values each, of the 2,000 that an output may have. */
const maxSpans = 400;

const toolCallSchema = z.object({
  name: z.string(),
  arguments: z.json().describe("The arguments as the model gave them."),
});

export const judgeInputSchema = z.object({
  prompt: z.string().default("").describe("What the model was asked."),
  response: z.string().describe("What it answered."),
  criteria: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("What this judge is to look at; each judge names its own."),
  context: z
    .array(z.string())
    .default([])
    .describe("Texts the answer should rest on; one text alone may be given as a string."),
  reference: z.string().optional().describe("An answer known to be right."),
  toolCalls: z.array(toolCallSchema).default([]).describe("Tools that the model called."),
});

const violationSchema = z.strictObject({
  rule: z.string().min(1).max(128).describe("Its name, such as min_response_length."),
  severity: z.enum(["warning", "failure"]),
  observed: z.number().optional().describe("What was measured."),
  limit: z.number().optional().describe("What would have been allowed."),
  message: z.string().max(maxReasonCharacters),
});

const spanSchema = z.strictObject({
  label: z.string().min(1).max(64).describe("What stands there, such as email."),
  start: z.int().min(0).describe("UTF-16 code units before it."),
  length: z.int().min(1).describe("In UTF-16 code units."),
});

export const judgeOutputSchema = z.strictObject({
  verdict: z.enum(["pass", "warn", "fail", "abstain"]),
  score: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("From 0, worst, to 1, best; absent where there is none."),
  reasons: z.array(z.string().max(maxReasonCharacters)).max(maxReasons).default([]),
  metrics: z
    .record(z.string().max(128), z.number())
    .refine((metrics) => Object.keys(metrics).length <= maxMetrics, {
      error: `at most ${maxMetrics} metrics`,
    })
    .default({}),
  violations: z
    .array(violationSchema)
    .max(maxViolations)
    .default([])
    .describe("Rules that the answer broke; `reasons` says the same to people."),
  spans: z
    .array(spanSchema)
    .max(maxSpans)
    .optional()
    .describe("Where in the answer something stands, in its order and apart from one another."),
});

/** What a judge is given of fields that its caller left out. */
export const judgeDefaults = { prompt: "", criteria: {}, context: [], toolCalls: [] } as const;

export type JudgeInput = z.input<typeof judgeInputSchema>;
export type JudgeOutput = z.output<typeof judgeOutputSchema>;
