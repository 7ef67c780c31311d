import { z } from "zod";
import type { JsonObject, JsonValue, Tool, ToolCall } from "../../../contract/index.ts";
import type { JudgeDeps } from "../../deps.ts";

const schemaJudge = "json-schema";
const maxProblems = 8;
/** What plugins are given may be changed, and what a scenario holds may not. */
const schemaCopy = z.record(z.string(), z.json());

/** A call as the model wrote it, with what was found of its arguments. */
export type CheckedCall = {
  readonly name: string;
  /** Absent where the text of the arguments is not a JSON object. */
  readonly arguments?: JsonObject;
  /** What of the arguments breaks the schema of the tool. */
  readonly problems: readonly string[];
  /** Why the schema could not be checked. */
  readonly unchecked?: string;
};

/** Reads the arguments of a call and validates them against the schema of its tool by the json-schema judge. */
export async function checkArguments(
  { plugins }: Pick<JudgeDeps, "plugins">,
  call: ToolCall,
  tool: Tool | undefined,
  signal: AbortSignal,
): Promise<CheckedCall> {
  const { name } = call;
  const values = readArguments(call.arguments);
  if (!values) return { name, problems: [`its arguments are not a JSON object: ${call.arguments}`] };
  if (!tool?.parameters) return { name, arguments: values, problems: [] };
  const criteria = { schema: schemaCopy.parse(tool.parameters), allow_fence: false };
  const result = await (await plugins()).judge(
    schemaJudge,
    { response: call.arguments, criteria },
    { signal },
  );
  signal.throwIfAborted();
  if (!result.ok) return { name, arguments: values, problems: [], unchecked: result.failure.message };
  const { verdict, reasons } = result.output;
  const said = reasons.slice(0, maxProblems);
  if (verdict === "pass") return { name, arguments: values, problems: [] };
  if (verdict === "abstain") return { name, arguments: values, problems: [], unchecked: said.join("; ") };
  return { name, arguments: values, problems: said };
}

function readArguments(text: string): JsonObject | undefined {
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return isJsonObject(value) ? value : undefined;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
