import { AppError } from "../../base/index.ts";
import type { JsonObject, JsonValue } from "../../contract/index.ts";

type FieldType = "text" | "number" | "truth" | "list";

type Field = {
  readonly type: FieldType;
  /** Stands in every document; what it is where a document is added without it. */
  readonly otherwise?: JsonValue;
  readonly values?: readonly JsonValue[];
};

const text: Field = { type: "text" };
const number: Field = { type: "number" };
const list: Field = { type: "list" };
/** Fields that documents are filtered by. */
const textKey: Field = { type: "text", otherwise: "" };
const numberKey: Field = { type: "number", otherwise: 0 };

/** Fields of the collections that are always there, as they stand in a document's attributes. Others may stand beside them. */
const schemas: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  "codebase-context": {
    ...{ file_path: text, code_snippet: text, language: textKey, framework: text, purpose: text },
    ...{ last_accessed: number, access_count: number, category: textKey, usage_count: numberKey },
    success_rate: { type: "number", otherwise: 0.5 },
  },
  "skills-patterns": {
    ...{ skill_name: textKey, description: text, usage_pattern: text, success_examples: list },
    ...{ failure_examples: list, prerequisites: list, related_skills: list },
    ...{ value_score: numberKey, last_updated: number },
  },
  "error-solutions": {
    ...{ error_message: text, error_type: textKey, context: text, solution: text },
    ...{ solution_verified: { type: "truth" }, success_count: number, failure_count: number },
    ...{ first_seen: number, last_used: number, confidence_score: numberKey },
  },
  "interaction-history": {
    ...{ query: text, agent_type: { type: "text", otherwise: "local", values: ["local", "remote"] } },
    ...{ model_used: text, context_provided: list, response: text },
    outcome: {
      ...{ type: "text", otherwise: "unknown" },
      values: ["success", "partial", "failure", "unknown"],
    },
    user_feedback: { type: "number", values: [-1, 0, 1] },
    ...{ tokens_used: numberKey, latency_ms: number, timestamp: number, value_score: numberKey },
  },
  "best-practices": {
    ...{ category: textKey, title: text, description: text, examples: list, anti_patterns: list },
    ...{ references: list, endorsement_count: numberKey, last_validated: number },
  },
};

/** Names of the collections that are always there. */
export const firstCollections: readonly string[] = Object.keys(schemas);

/**
 * The attributes with every field that the collection is filtered by. Throws AppError invalid_request for a field of
 * another type than the collection's schema says.
 */
export function completeAttributes(collection: string, attributes: JsonObject): JsonObject {
  const schema = Object.hasOwn(schemas, collection) ? (schemas[collection] ?? {}) : {};
  const added: Record<string, JsonValue> = {};
  for (const [name, field] of Object.entries(schema)) {
    const given = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (given !== undefined) requireType(collection, name, field, given);
    else if (field.otherwise !== undefined) added[name] = field.otherwise;
  }
  return { ...attributes, ...added };
}

function requireType(collection: string, name: string, { type, values }: Field, given: JsonValue): void {
  if (typeOf(given) !== type) {
    const message = `${collection} has a ${type} as attribute ${name}, and ${describe(given)} was given`;
    throw new AppError("invalid_request", message, { details: { attribute: name } });
  }
  if (!values || values.includes(given)) return;
  const message = `the attribute ${name} is one of ${values.join(", ")}, and ${describe(given)} was given`;
  throw new AppError("invalid_request", message, { details: { attribute: name } });
}

function typeOf(value: JsonValue): FieldType | undefined {
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "text";
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "truth" : undefined;
}

const maxShownCharacters = 40;

function describe(value: JsonValue): string {
  return JSON.stringify(value).slice(0, maxShownCharacters);
}
