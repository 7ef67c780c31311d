import { AppError } from "../../base/index.ts";
import type { JsonObject, JsonValue } from "../../contract/index.ts";
import { maxFilteredCharacters, toFiltered } from "../documents/attribute-rows.ts";

type Scalar = string | number;
const orders = ["gt", "gte", "lt", "lte"] as const;

/** What documents must have. An attribute that a document lacks fulfils `none` alone. */
export type Filter =
  | { readonly type: "and" | "or"; readonly filters: readonly Filter[] }
  /** Has no other value: this one or none. */
  | { readonly type: "only"; readonly key: string; readonly value: Scalar }
  | { readonly type: "any" | "none"; readonly key: string; readonly values: readonly Scalar[] }
  | { readonly type: (typeof orders)[number]; readonly key: string; readonly value: Scalar };

/** Conditions of one filter. */
export const maxConditions = 64;
const maxDepth = 8;
const maxValues = 256;
const maxShownCharacters = 60;

/**
 * Reads `{name: value}`, `{name: [values]}` and `{name: {gt: 3}}`, whose entries must all hold, as well as OpenAI's
 * `{type: "eq", key, value}` and `{type: "and" | "or", filters}`. Throws AppError invalid_request.
 */
export function parseFilter(given: JsonObject): Filter {
  let conditions = 0;
  function count(): void {
    conditions++;
    if (conditions > maxConditions) throw refuse(`it has more than ${maxConditions} conditions`);
  }

  function parse(value: JsonValue | undefined, depth: number): Filter {
    if (depth > maxDepth) throw refuse(`it is more than ${maxDepth} levels deep`);
    if (!isObject(value)) throw refuse(`${show(value)} is no condition`);
    const { type, key, filters } = value;
    if ((type === "and" || type === "or") && Array.isArray(filters)) {
      requireOnly(value, ["type", "filters"]);
      if (filters.length === 0) throw refuse(`"${type}" has no filters`);
      return { type, filters: filters.map((filter) => parse(filter, depth + 1)) };
    }
    if (typeof type === "string" && typeof key === "string") {
      requireOnly(value, ["type", "key", "value"]);
      count();
      return toCondition(type, key, value.value);
    }
    const filtersOfAll = Object.entries(value).flatMap(([name, wanted]) => parseField(name, wanted));
    return { type: "and", filters: filtersOfAll };
  }

  function parseField(name: string, wanted: JsonValue): readonly Filter[] {
    if (!isObject(wanted)) {
      count();
      return [toCondition(Array.isArray(wanted) ? "in" : "eq", name, wanted)];
    }
    const operators = Object.entries(wanted);
    if (operators.length === 0) throw refuse(`"${name}" has no operator`);
    return operators.map(([operator, value]) => {
      count();
      return toCondition(operator, name, value);
    });
  }

  return parse(given, 1);
}

function toCondition(operator: string, key: string, value: JsonValue | undefined): Filter {
  switch (operator) {
    case "eq":
      return { type: "any", key, values: [toScalar(key, value)] };
    case "ne":
      return { type: "none", key, values: [toScalar(key, value)] };
    case "in":
      return { type: "any", key, values: toScalars(key, value) };
    case "nin":
      return { type: "none", key, values: toScalars(key, value) };
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return { type: operator, key, value: toScalar(key, value) };
    default:
      throw refuse(
        `"${operator.slice(0, maxShownCharacters)}" is none of eq, ne, gt, gte, lt, lte, in, nin, and, or`,
      );
  }
}

function toScalars(key: string, value: JsonValue | undefined): readonly Scalar[] {
  if (!Array.isArray(value)) throw refuse(`"${key}" needs a list, and ${show(value)} was given`);
  if (value.length > maxValues)
    throw refuse(`"${key}" has ${value.length} values and ${maxValues} is the most`);
  return value.map((each) => toScalar(key, each));
}

function toScalar(key: string, value: JsonValue | undefined): Scalar {
  const scalar = value === undefined ? undefined : toFiltered(value);
  if (scalar !== undefined && !(typeof scalar === "number" && !Number.isFinite(scalar))) return scalar;
  throw refuse(
    `"${key}" needs a text of up to ${maxFilteredCharacters} characters, a number or a truth value, and ${show(value)} was given`,
  );
}

function requireOnly(value: JsonObject, names: readonly string[]): void {
  const other = Object.keys(value).find((name) => !names.includes(name));
  if (other !== undefined) throw refuse(`it has the unknown field "${other.slice(0, maxShownCharacters)}"`);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: JsonValue | undefined): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, maxShownCharacters);
}

function refuse(problem: string): AppError {
  const message = `the filter cannot be used: ${problem}; give {"name": value}, {"name": [values]}, {"name": {"gt": 3}} or {"type": "eq", "key": "name", "value": value}`;
  return new AppError("invalid_request", message, { details: { field: "filter" } });
}
