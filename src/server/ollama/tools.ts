import { z } from "@hono/zod-openapi";
import type { JsonObject, Tool } from "../../contract/index.ts";
import { maxNameCharacters, maxTools } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { checkSchema } from "../schema-check.ts";
import { withoutUndefined } from "../without-undefined.ts";

export function toolsField() {
  const definition = z.looseObject({
    name: z.string().min(1).max(maxNameCharacters),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  });
  return z
    .array(z.looseObject({ type: z.string().nullish(), function: definition }))
    .max(maxTools)
    .optional();
}

export function fromTools(tools: z.output<ReturnType<typeof toolsField>>): Tool[] {
  return (tools ?? []).map(({ type, function: definition }, index) => {
    const param = `tools[${index}]`;
    if (type !== undefined && type !== null && type !== "function") {
      throw invalidParameter(`${param}.type`, `${param}.type: "${type}" is no kind of tool; use "function".`);
    }
    checkSchema(definition.parameters, `${param}.function.parameters`);
    return withoutUndefined({
      name: definition.name,
      description: definition.description ?? undefined,
      parameters: (definition.parameters as JsonObject | null | undefined) ?? undefined,
    });
  });
}

export type WireToolCall = {
  readonly id: string;
  readonly function: { readonly index: number; readonly name: string; readonly arguments: object };
};

/** Undefined where the model's arguments are no JSON object: the call is then given as the text that it is. */
export function toToolCall(call: {
  readonly id: string;
  readonly index: number;
  readonly name: string;
  readonly arguments: string;
}): WireToolCall | undefined {
  const value = call.arguments.trim() === "" ? {} : parseJson(call.arguments);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return { id: call.id, function: { index: call.index, name: call.name, arguments: value } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
