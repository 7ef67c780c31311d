/**
 * Looks at JSON schemas before the engine does. llama-common passes over keywords that it cannot turn into a grammar,
 * and a lower bound above its upper one makes it build a rule of billions of repetitions.
 */
import { maxSchemaEnumValues, maxSchemaNodes } from "./limits.ts";
import { invalidParameter } from "./parameter-errors.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Pairs of bounds; where the first exceeds the second nothing satisfies the schema. */
const boundPairs = [
  ["minLength", "maxLength"],
  ["minItems", "maxItems"],
  ["minimum", "maximum"],
  ["exclusiveMinimum", "maximum"],
  ["minimum", "exclusiveMaximum"],
  ["exclusiveMinimum", "exclusiveMaximum"],
] as const;
/** Keywords that no grammar is made of. */
const unenforced: readonly string[] = [
  ...["not", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies"],
  ...["contains", "propertyNames", "minProperties", "maxProperties", "multipleOf"],
  ...["unevaluatedItems", "unevaluatedProperties"],
];
const numberBounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] as const;
/** Beside alternatives these would be passed over. */
const besideAlternatives = ["properties", "required", "items", "prefixItems", "enum", "const"] as const;

/** Refuses a schema that nothing can satisfy or that would take the engine too much to follow. */
export function checkSchema(schema: unknown, param: string): void {
  walk(schema, param, checkBounds);
}

/** Refuses what a grammar cannot hold the answer to, besides what `checkSchema` refuses. */
export function checkStrictSchema(schema: unknown, param: string): void {
  walk(schema, param, (node, path) => {
    checkBounds(node, path);
    checkEnforced(node, path);
  });
}

type Check = (node: Schema, path: string) => void;

function walk(schema: unknown, param: string, check: Check): void {
  let nodes = 0;
  let enumValues = 0;
  const visit = (value: unknown, path: string): void => {
    if (!isObject(value)) return;
    nodes += 1;
    enumValues += Array.isArray(value.enum) ? value.enum.length : 0;
    if (nodes > maxSchemaNodes) throw refuse(param, `has more than ${maxSchemaNodes} parts`);
    if (enumValues > maxSchemaEnumValues)
      throw refuse(param, `lists more than ${maxSchemaEnumValues} enum values`);
    check(value, path);
    for (const [child, childPath] of childrenOf(value, path)) visit(child, childPath);
  };
  visit(schema, param);
}

function* childrenOf(schema: Schema, path: string): Generator<readonly [unknown, string]> {
  for (const key of ["properties", "patternProperties", "$defs", "definitions"]) {
    const named = schema[key];
    if (isObject(named))
      for (const [name, child] of Object.entries(named)) yield [child, `${path}.${key}.${name}`];
  }
  for (const key of ["anyOf", "oneOf", "allOf", "prefixItems", "items"]) {
    const list = schema[key];
    if (Array.isArray(list))
      for (const [index, child] of list.entries()) yield [child, `${path}.${key}[${index}]`];
    else if (key === "items") yield [list, `${path}.${key}`];
  }
  yield [schema.additionalProperties, `${path}.additionalProperties`];
}

function checkBounds(schema: Schema, path: string): void {
  for (const [low, high] of boundPairs) {
    const [least, most] = [schema[low], schema[high]];
    if (typeof least !== "number" || typeof most !== "number") continue;
    const isOpen = low === "exclusiveMinimum" || high === "exclusiveMaximum";
    if (least > most || (isOpen && least === most))
      throw refuse(path, `cannot be satisfied: ${low} ${least} leaves nothing below ${high} ${most}`);
  }
}

function checkEnforced(schema: Schema, path: string): void {
  const keyword = unenforced.find((name) => schema[name] !== undefined) ?? findPassedOver(schema);
  if (keyword === undefined) return;
  throw refuse(path, `uses ${keyword} in a way that cannot be enforced; leave it out, or send strict: false`);
}

/** The keyword that the grammar of this schema would not heed, if there is one. */
function findPassedOver(schema: Schema): string | undefined {
  if (schema.uniqueItems === true) return "uniqueItems";
  if (hasType(schema, "number")) {
    const bound = numberBounds.find((name) => schema[name] !== undefined);
    if (bound !== undefined) return bound;
  }
  if (schema.pattern !== undefined)
    for (const name of ["minLength", "maxLength"]) if (schema[name] !== undefined) return name;
  if (schema.anyOf !== undefined || schema.oneOf !== undefined) {
    const beside = besideAlternatives.find((name) => schema[name] !== undefined);
    if (beside !== undefined) return beside;
  }
  return findPassedOverTuple(schema) ?? findPassedOverAll(schema) ?? findUndescribed(schema);
}

/** A tuple has exactly the items it lists. */
function findPassedOverTuple({ prefixItems, items, minItems, maxItems }: Schema): string | undefined {
  if (!Array.isArray(prefixItems)) return undefined;
  if (items !== undefined) return "items";
  if (typeof minItems === "number" && minItems > prefixItems.length) return "minItems";
  return typeof maxItems === "number" && maxItems < prefixItems.length ? "maxItems" : undefined;
}

/** Only the properties of objects and common enum values are merged. */
function findPassedOverAll({ allOf }: Schema): string | undefined {
  if (!Array.isArray(allOf)) return undefined;
  const isMerged = (part: unknown) =>
    isObject(part) &&
    (part.$ref !== undefined ||
      part.enum !== undefined ||
      part.properties !== undefined ||
      part.anyOf !== undefined);
  return allOf.every(isMerged) ? undefined : "allOf";
}

/** A required property that is not described would never be written. */
function findUndescribed({ required, properties, allOf }: Schema): string | undefined {
  if (!Array.isArray(required) || allOf !== undefined) return undefined;
  const described = isObject(properties) ? properties : {};
  return required.every((name) => typeof name === "string" && Object.hasOwn(described, name))
    ? undefined
    : "required";
}

function hasType({ type }: Schema, name: string): boolean {
  return type === name || (Array.isArray(type) && type.includes(name));
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(path: string, problem: string) {
  return invalidParameter(path, `${path}: the schema ${problem}.`);
}
