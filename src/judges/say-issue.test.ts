import { expect, test } from "bun:test";
import { z } from "zod";
import { sayIssue } from "./say-issue.ts";

test.each([
  ["expected a number", z.number(), "x"],
  ["expected a number", z.number(), Number.NaN],
  ["expected a whole number", z.int(), 1.5],
  ["expected at least 0", z.number().min(0), -1],
  ["expected more than 0", z.number().gt(0), 0],
  ["expected at most 1", z.number().max(1), 1.5],
  ["it is missing", z.string(), undefined],
  ["expected a text", z.string(), 7],
  ["expected at least 1 character", z.string().min(1), ""],
  ["expected at most 3 characters", z.string().max(3), "long"],
  ["expected at most 2 entries", z.array(z.string()).max(2), ["a", "b", "c"]],
  ["expected a list", z.array(z.string()), {}],
  ["expected fields and their values", z.strictObject({}), []],
  ["expected true or false", z.boolean(), "yes"],
  ["expected one of a, b", z.enum(["a", "b"]), "c"],
  ['there is no field "b"', z.strictObject({ a: z.string().optional() }), { b: 1 }],
  ["our own words", z.number({ error: "our own words" }), "x"],
])("%s", (words, schema, value) => {
  const [issue] = (schema as z.ZodType).safeParse(value).error?.issues ?? [];
  expect(issue && sayIssue(issue)).toBe(words);
});
