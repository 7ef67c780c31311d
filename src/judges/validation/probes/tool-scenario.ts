import { z } from "zod";
import { AppError } from "../../../base/index.ts";
import type { JsonObject, Tool } from "../../../contract/index.ts";
import { sayIssue } from "../../say-issue.ts";

/** A call that the model is expected to make. */
export type ExpectedCall = {
  readonly name: string;
  /** Values that its arguments must have; absent: any that fit the tool's schema. */
  readonly arguments?: JsonObject;
};

export type ToolScenario = {
  readonly prompt: string;
  readonly tools: readonly Tool[];
  /** Empty: no tool must be called. */
  readonly expected: readonly ExpectedCall[];
  /** `subset`: a call may have arguments beside the expected ones. */
  readonly argumentMatch: "exact" | "subset";
  readonly order: "any" | "strict";
};

const maxTools = 128;
const maxExpectedCalls = 32;
const jsonObject = z.record(z.string(), z.json());

const scenarioSchema = z.strictObject({
  prompt: z.string().min(1),
  tools: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        description: z.string().optional(),
        parameters: jsonObject.optional(),
      }),
    )
    .min(1)
    .max(maxTools),
  expected: z
    .array(z.strictObject({ name: z.string().min(1), arguments: jsonObject.optional() }))
    .max(maxExpectedCalls),
  argument_match: z.enum(["exact", "subset"]).default("subset"),
  order: z.enum(["any", "strict"]).default("any"),
});

/** A scenario as users write it. Throws AppError invalid_request naming the field. */
export function parseToolScenario(value: unknown, path = "scenario"): ToolScenario {
  const parsed = scenarioSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = [path, ...(issue?.path ?? [])].join(".");
    throw new AppError(
      "invalid_request",
      `${field}: ${issue ? sayIssue(issue) : "not a scenario of tool calls"}`,
    );
  }
  const { prompt, tools, expected, argument_match, order } = parsed.data;
  const scenario: ToolScenario = {
    ...{ prompt, order, argumentMatch: argument_match },
    tools: tools.map(({ name, description, parameters }) => ({
      name,
      ...(description !== undefined && { description }),
      ...(parameters && { parameters }),
    })),
    expected: expected.map(({ name, arguments: values }) => ({ name, ...(values && { arguments: values }) })),
  };
  checkNames(scenario, path);
  return scenario;
}

function checkNames({ tools, expected }: ToolScenario, path: string): void {
  const names = tools.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new AppError("invalid_request", `${path}.tools: ${JSON.stringify(twice)} is given more than once`);
  }
  const index = expected.findIndex(({ name }) => !names.includes(name));
  if (index < 0) return;
  const message = `${path}.expected.${index}.name: ${JSON.stringify(expected[index]?.name)} is none of the tools ${names.join(", ")}`;
  throw new AppError("invalid_request", message);
}
