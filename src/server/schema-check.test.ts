import { describe, expect, test } from "bun:test";
import { maxSchemaEnumValues } from "./limits.ts";
import { checkSchema, checkStrictSchema } from "./schema-check.ts";

const inside = (schema: object) => ({
  type: "object",
  properties: { a: { anyOf: [schema] } },
  required: ["a"],
});

describe("a schema that nothing satisfies is refused wherever it stands, with its path", () => {
  test.each([
    { type: "string", minLength: 5, maxLength: 2 },
    { type: "array", items: {}, minItems: 3, maxItems: 1 },
    { type: "integer", minimum: 5, maximum: 2 },
    { type: "integer", exclusiveMinimum: 5, maximum: 5 },
    { type: "integer", minimum: 5, exclusiveMaximum: 5 },
  ])("%j", (schema) => {
    expect(() => checkSchema(schema, "s")).toThrow("s: the schema cannot be satisfied");
    expect(() => checkSchema(inside(schema), "s")).toThrow("s.properties.a.anyOf[0]: the schema cannot");
    expect(() => checkSchema({ $defs: { x: schema }, $ref: "#/$defs/x" }, "s")).toThrow("s.$defs.x");
  });
});

describe("a keyword that no grammar holds to is refused where the schema must hold", () => {
  test.each<[string, object]>([
    ["not", { not: { type: "string" } }],
    ["multipleOf", { type: "integer", multipleOf: 5 }],
    ["uniqueItems", { type: "array", uniqueItems: true }],
    ["minimum", { type: "number", minimum: 0 }],
    ["exclusiveMaximum", { type: ["null", "number"], exclusiveMaximum: 1 }],
    ["maxLength", { type: "string", pattern: "^a+$", maxLength: 3 }],
    ["properties", { type: "object", properties: { a: {} }, anyOf: [{ required: ["a"] }] }],
    ["minItems", { type: "array", prefixItems: [{ type: "integer" }], minItems: 3 }],
    ["allOf", { allOf: [{ type: "string" }, { type: "integer" }] }],
    ["required", { type: "object", properties: { a: {} }, required: ["b"] }],
    ["required", { type: "object", required: ["b"] }],
  ])("%s in %j", (keyword, schema) => {
    expect(() => checkStrictSchema(schema, "s")).toThrow(`s: the schema uses ${keyword}`);
    expect(() => checkSchema(schema, "s")).not.toThrow();
  });
});

test.each([
  true,
  {},
  { type: "object", properties: { a: { type: "integer", minimum: 1, maximum: 1 } }, required: ["a"] },
  { type: "string", minLength: 2, maxLength: 2 },
  { type: "string", format: "date-time", title: "When", description: "…", default: "", examples: [] },
  { $defs: { x: { type: "string" } }, allOf: [{ $ref: "#/$defs/x" }] },
  { type: "array", prefixItems: [{}, {}], minItems: 2, maxItems: 2 },
  { type: "object", properties: { required: { type: "array" }, not: { type: "string" } }, required: ["not"] },
])("%j holds", (schema) => {
  expect(() => checkStrictSchema(schema, "s")).not.toThrow();
});

test("a schema of too many enum values or parts is refused", () => {
  const values = Array.from({ length: maxSchemaEnumValues }, (_, index) => index);
  expect(() => checkSchema({ enum: values }, "s")).not.toThrow();
  expect(() => checkSchema({ anyOf: [{ enum: values }, { enum: [1] }] }, "s")).toThrow("enum values");
  const properties = Object.fromEntries(Array.from({ length: 6000 }, (_, index) => [`p${index}`, {}]));
  expect(() => checkSchema({ properties }, "s")).toThrow("parts");
});
