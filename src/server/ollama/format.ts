import { z } from "@hono/zod-openapi";
import { AppError } from "../../base/index.ts";
import type { JsonObject, JsonValue, OutputConstraint } from "../../contract/index.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { checkSchema, checkStrictSchema } from "../schema-check.ts";

const anyObject: JsonObject = { type: "object" };

export function formatField() {
  return z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .optional()
    .describe('"json", or a JSON schema of the answer');
}

export type FormatSelection = {
  readonly constraint?: OutputConstraint;
  /** Where in the schema stands what no grammar can hold the answer to. */
  readonly unenforced: readonly string[];
};

/**
 * A schema that nothing satisfies is refused. Ollama's clients send what their language's types give them and have no
 * way to say that a keyword may be passed over, so such a keyword is told of and the rest is enforced.
 */
export function fromFormat(format: string | Readonly<Record<string, unknown>> | undefined): FormatSelection {
  if (format === undefined || format === "") return { unenforced: [] };
  if (typeof format === "string") {
    if (format !== "json")
      throw invalidParameter("format", `format: "${format}" is neither "json" nor a JSON schema.`);
    return { constraint: { type: "json-schema", schema: anyObject }, unenforced: [] };
  }
  checkSchema(format, "format");
  const schema = Object.keys(format).length === 0 ? anyObject : (format as JsonValue);
  return { constraint: { type: "json-schema", schema }, unenforced: findUnenforced(format) };
}

function findUnenforced(schema: Readonly<Record<string, unknown>>): string[] {
  try {
    checkStrictSchema(schema, "format");
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { param } = error.details;
    return [typeof param === "string" ? param : "format"];
  }
}
