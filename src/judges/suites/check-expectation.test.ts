import { afterAll, describe, expect, test } from "bun:test";
import { openRealPlugins } from "../validation/probes/probe-fixture.ts";
import { checkCalls } from "./check-calls.ts";
import { checkExpectation } from "./check-expectation.ts";
import type { Expectation } from "./suite.ts";
import { never } from "./suite-fixture.ts";

const opened = openRealPlugins();
afterAll(async () => await opened[Symbol.asyncDispose]());

async function check(expectation: Partial<Expectation>, answer: string) {
  const whole = { contains: [], excludes: [], ignoresCase: false, ...expectation };
  return await checkExpectation(opened, whole, answer, never);
}

describe("an answer is held to", () => {
  test.each<[string, Partial<Expectation>, string, boolean]>([
    ["its whole text, without the white space around it", { equals: "pong" }, " pong\n", true],
    ["its whole text", { equals: "pong" }, "pong!", false],
    ["its whole text in any case", { equals: "PONG", ignoresCase: true }, "pong", true],
    ["parts of it", { contains: ["red", "blue"] }, "red, blue", true],
    ["parts that it must not have", { excludes: ["sorry"] }, "sorry", false],
    ["parts with their spaces", { contains: [" a "] }, "a", false],
    ["its start", { startsWith: "Yes" }, " Yes, it is", true],
    ["its end", { endsWith: "[2]" }, "Dana. [2]\n", true],
    ["a pattern", { matches: "^\\d+ ms$" }, "12 ms", true],
    ["a pattern that does not fit", { matches: "^\\d+$" }, "twelve", false],
    ["values of its JSON", { json: { port: 8125 } }, '{"port": 8125, "host": "x"}', true],
    ["values of JSON in a fence", { json: [1, { a: null }] }, 'Here:\n```json\n[1, {"a": null}]\n```', true],
    ["other values of its JSON", { json: { port: 8125 } }, '{"port": "8125"}', false],
    ["JSON that it is not", { json: {} }, "no JSON", false],
    ["keys of its own, not inherited ones", { json: { toString: {} } }, "{}", false],
  ])("%s", async (_, expectation, answer, holds) => {
    const { violations, score } = await check(expectation, answer);
    expect({ holds: violations.length === 0, score }).toEqual({ holds, score: holds ? 1 : 0 });
  });

  test("each part by itself: the score is the share that holds", async () => {
    const { violations, score } = await check({ contains: ["a", "b", "c"], endsWith: "c" }, "a c");
    expect(violations.map(({ message }) => message)).toEqual(['expected "b" in it, got "a c"']);
    expect(score).toBe(0.75);
  });

  test("a pattern that backtracking would never end with, in no time", async () => {
    const startedMs = performance.now();
    const { violations } = await check({ matches: "^(a+)+$" }, `${"a".repeat(50_000)}b`);
    expect(violations).toHaveLength(1);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});

describe("calls of tools", () => {
  const tools = [
    {
      name: "get_weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
    { name: "read_file" },
  ];
  const oslo = { name: "get_weather", arguments: { city: "Oslo" } };

  test.each([
    ["that are expected", [oslo], [oslo], []],
    ["in any order", [oslo, { name: "read_file" }], [{ name: "read_file", arguments: {} }, oslo], []],
    ["that were not made", [oslo], [], ["tool_missing_call"]],
    [
      "of another tool",
      [oslo],
      [{ name: "read_file", arguments: {} }],
      ["tool_missing_call", "tool_extra_call"],
    ],
    [
      "with other arguments",
      [oslo],
      [{ name: "get_weather", arguments: { city: "Rome" } }],
      ["tool_arguments"],
    ],
    [
      "that do not fit the schema",
      [{ name: "get_weather" }],
      [{ name: "get_weather", arguments: { city: 7 } }],
      ["tool_arguments_schema"],
    ],
    ["where none may be made", [], [oslo], ["tool_extra_call"]],
    ["one more than expected", [oslo], [oslo, oslo], ["tool_extra_call"]],
  ])("%s", async (_, expectedCalls, calls, rules) => {
    const found = await checkCalls(opened, { expectedCalls, tools }, calls, never);
    expect(found.violations.map(({ rule }) => rule)).toEqual(rules);
    expect(found).toMatchObject({
      verdict: rules.length === 0 ? "pass" : "fail",
      score: rules.length === 0 ? 1 : 0,
    });
  });
});
