/** The fields of a suite's file. What is not listed here is an error that names it. */
import { z } from "zod";

export const maxCases = 10_000;
export const maxRepetitions = 1_000;
/** Of all cases together. */
export const maxAnswers = 100_000;
export const maxPromptCharacters = 1_000_000;
const maxNameCharacters = 200;
const maxModelCharacters = 255;
const maxMessages = 1_000;
const maxTools = 256;
const maxTexts = 1_000;
const maxPatternCharacters = 1_000;
const maxTimeoutMs = 3_600_000;
export const maxTokensLimit = 1_000_000;
export const maxSuiteSeed = 2 ** 31 - 1;

const share = z.number().min(0).max(1);
const name = z.string().trim().min(1).max(maxNameCharacters);
const model = z.string().min(1).max(maxModelCharacters);
const text = z.string().max(maxPromptCharacters, {
  error: ({ input }) =>
    typeof input === "string"
      ? `${input.length} characters; at most ${maxPromptCharacters} are possible`
      : "expected text",
});
/** One text alone may stand without its list. */
const texts = z
  .union([text, z.array(text).max(maxTexts)], { error: "expected a text, or a list of texts" })
  .transform((value) => (typeof value === "string" ? [value] : value));
const jsonObject = z.record(z.string(), z.json(), { error: "expected fields and their values" });

const call = z.strictObject({ name, arguments: jsonObject.exactOptional() });

const message = z.strictObject({
  role: z.enum(["system", "user", "assistant", "tool"]),
  content: text.default(""),
  tool_calls: z
    .array(z.strictObject({ id: z.string().min(1), name, arguments: z.json() }))
    .max(maxTools)
    .exactOptional(),
  tool_call_id: z.string().min(1).exactOptional(),
});

const tool = z.strictObject({
  name,
  description: text.exactOptional(),
  parameters: jsonObject.exactOptional(),
});

const expectation = z.strictObject({
  equals: text.exactOptional(),
  contains: texts.default([]),
  excludes: texts.default([]),
  starts_with: text.exactOptional(),
  ends_with: text.exactOptional(),
  matches: z.string().min(1).max(maxPatternCharacters).exactOptional(),
  json: z.json().exactOptional(),
  ignore_case: z.boolean().default(false),
});

/** Fields that `defaults` can give to every case. */
const settings = {
  criteria: jsonObject.exactOptional(),
  repetitions: z.int().min(1).max(maxRepetitions).exactOptional(),
  temperature: z.number().min(0).max(10).exactOptional(),
  max_tokens: z.int().min(1).max(maxTokensLimit).exactOptional(),
  timeout_ms: z.int().min(1).max(maxTimeoutMs).exactOptional(),
  system: text.exactOptional(),
};

const caseSchema = z.strictObject({
  name,
  prompt: text.exactOptional(),
  messages: z.array(message).min(1).max(maxMessages).exactOptional(),
  context: texts.default([]),
  reference: text.exactOptional(),
  response: text.exactOptional(),
  tool_calls: z
    .array(z.strictObject({ name, arguments: z.json().default({}) }))
    .max(maxTools)
    .default([]),
  expect: expectation.exactOptional(),
  tools: z.array(tool).max(maxTools).default([]),
  expected_tool_calls: z.array(call).max(maxTools).exactOptional(),
  closed: z.boolean().default(false),
  ...settings,
});

const bar = z.strictObject({
  pass_rate: share.default(1),
  min_score: share.exactOptional(),
  max_warnings: z.int().min(0).exactOptional(),
  max_unjudged: z.int().min(0).default(0),
});

export const suiteSchema = z.strictObject({
  name,
  description: text.exactOptional(),
  model: model.exactOptional(),
  judge_model: model.exactOptional(),
  seed: z.int().min(0).max(maxSuiteSeed).exactOptional(),
  defaults: z.strictObject(settings).default({}),
  bar: bar.default({ pass_rate: 1, max_unjudged: 0 }),
  cases: z
    .array(caseSchema, { error: "expected a list of cases, each with name and prompt" })
    .min(1, { error: "the suite has no cases" })
    .max(maxCases, { error: `more than ${maxCases} cases` }),
});

/** Names of the fields that may stand at a place; undefined where only few know them. */
export function fieldsOf(path: readonly PropertyKey[]): readonly string[] | undefined {
  const place = path.map((key) => (typeof key === "number" ? "[]" : String(key))).join(".");
  const shapes: Readonly<Record<string, object>> = {
    "": suiteSchema.shape,
    defaults: settings,
    bar: bar.shape,
    "cases.[]": caseSchema.shape,
    "cases.[].expect": expectation.shape,
  };
  const shape = shapes[place];
  return shape && Object.keys(shape);
}

export type SuiteFields = z.output<typeof suiteSchema>;
export type CaseFields = SuiteFields["cases"][number];
