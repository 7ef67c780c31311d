import { z } from "@hono/zod-openapi";
import type { JsonObject, Tool, ToolChoice } from "../../contract/index.ts";
import { fileSearchShape } from "../knowledge/vector-store-bodies.ts";
import { maxNameCharacters, maxTools } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { checkSchema, checkStrictSchema } from "../schema-check.ts";
import { withoutUndefined } from "../without-undefined.ts";
import { fileSearchType } from "./file-search.ts";

/** Tools and their choice, the deprecated `functions` and `function_call` included. */
export function toolsShape() {
  const definition = z.looseObject({
    name: z.string().min(1).max(maxNameCharacters),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
    strict: z.boolean().nullish(),
  });
  const named = z.looseObject({ name: z.string() });
  const choiceObject = z.looseObject({
    type: z.string(),
    function: named.nullish(),
    allowed_tools: z
      .looseObject({
        mode: z.enum(["auto", "required"]),
        tools: z.array(z.looseObject({ type: z.string(), function: named.nullish() })).max(maxTools),
      })
      .nullish(),
  });
  return {
    tools: z
      .array(z.looseObject({ type: z.string(), function: definition.nullish(), ...fileSearchShape() }))
      .max(maxTools)
      .optional(),
    tool_choice: z.union([z.enum(["none", "auto", "required"]), choiceObject]).optional(),
    parallel_tool_calls: z.boolean().optional(),
    functions: z.array(definition).max(maxTools).optional().describe("Deprecated: tools"),
    function_call: z
      .union([z.enum(["none", "auto"]), named])
      .optional()
      .describe("Deprecated: tool_choice"),
  };
}

type ToolsBody = z.output<z.ZodObject<ReturnType<typeof toolsShape>>>;
type Definition = NonNullable<ToolsBody["functions"]>[number];

export type ToolSelection = {
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
};

export function fromToolFields(body: ToolsBody): ToolSelection {
  if (body.functions && !body.tools) return fromFunctions(body.functions, body.function_call);
  const tools = (body.tools ?? []).flatMap((tool, index) => {
    if (tool.type === fileSearchType) return [];
    if (tool.type === "function" && tool.function)
      return fromDefinition(tool.function, `tools[${index}].function`);
    const param = `tools[${index}].type`;
    throw invalidParameter(
      param,
      `${param}: "${tool.type}" tools are not supported, only "function" and "file_search" tools are.`,
    );
  });
  const parallelToolCalls = body.parallel_tool_calls ?? true;
  return { ...choose(tools, body.tool_choice), parallelToolCalls };
}

function fromFunctions(functions: readonly Definition[], choice: ToolsBody["function_call"]): ToolSelection {
  const tools = functions.map((definition, index) => fromDefinition(definition, `functions[${index}]`));
  const chosen = typeof choice === "object" ? pick(tools, [choice.name], "function_call") : tools;
  const toolChoice = typeof choice === "object" ? "required" : (choice ?? "auto");
  return { tools: chosen, toolChoice, parallelToolCalls: false };
}

function fromDefinition(definition: Definition, param: string): Tool {
  const check = definition.strict ? checkStrictSchema : checkSchema;
  check(definition.parameters, `${param}.parameters`);
  return withoutUndefined({
    name: definition.name,
    description: definition.description ?? undefined,
    parameters: (definition.parameters as JsonObject | null | undefined) ?? undefined,
  });
}

/** A named choice leaves the model that one tool and requires a call. */
function choose(
  tools: readonly Tool[],
  choice: ToolsBody["tool_choice"],
): { tools: readonly Tool[]; toolChoice: ToolChoice } {
  if (choice === undefined || typeof choice === "string") {
    if (choice === "required" && tools.length === 0) {
      throw invalidParameter("tool_choice", "tool_choice: a call is required, but tools is empty.");
    }
    return { tools, toolChoice: choice ?? "auto" };
  }
  if (choice.type === "function" && choice.function) {
    return { tools: pick(tools, [choice.function.name], "tool_choice"), toolChoice: "required" };
  }
  if (choice.type === "allowed_tools" && choice.allowed_tools) {
    const names = choice.allowed_tools.tools.map((tool) => tool.function?.name ?? "");
    return { tools: pick(tools, names, "tool_choice"), toolChoice: choice.allowed_tools.mode };
  }
  throw invalidParameter(
    "tool_choice",
    `tool_choice: "${choice.type}" is not supported; name a function or allowed_tools.`,
  );
}

function pick(tools: readonly Tool[], names: readonly string[], param: string): Tool[] {
  if (names.length === 0) throw invalidParameter(param, `${param}: the list of allowed tools is empty.`);
  for (const name of names) {
    if (!tools.some((tool) => tool.name === name)) {
      throw invalidParameter(param, `${param}: no tool is named "${name}".`);
    }
  }
  return tools.filter((tool) => names.includes(tool.name));
}
