import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AppError } from "../../../base/index.ts";
import type { JsonObject } from "../../../contract/index.ts";
import type { Engine } from "../../../engine/index.ts";
import { createRealEngine, type FakeStep } from "../../../testing/index.ts";
import { createRealDeps, createScriptedDeps, openRealPlugins, say } from "./probe-fixture.ts";
import { checkToolCalls } from "./tool-calls.ts";
import { parseToolScenario } from "./tool-scenario.ts";

const { signal } = new AbortController();
const schemaOf = (field: string): JsonObject => ({
  type: "object",
  properties: { [field]: { type: "string" } },
  required: [field],
  additionalProperties: false,
});
const weather = {
  name: "get_weather",
  description: "Get the weather of a city",
  parameters: schemaOf("city"),
};
const reading = { name: "read_file", description: "Read a file", parameters: schemaOf("path") };
const bash = { name: "bash", description: "Run a command", parameters: schemaOf("command") };
const tools = [weather, reading, bash];

let plugins: ReturnType<typeof openRealPlugins>;
beforeAll(() => {
  plugins = openRealPlugins();
});
afterAll(() => plugins[Symbol.asyncDispose]());

type Scenario = Record<string, unknown>;

async function check(steps: readonly FakeStep[], changes: Scenario = {}, capabilities = { tools: true }) {
  const { deps, engine } = createScriptedDeps(() => steps, { capabilities });
  const expected = [{ name: "get_weather", arguments: { city: "Oslo" } }];
  const scenario = parseToolScenario({ prompt: "Weather?", tools, expected, ...changes });
  const result = await checkToolCalls({ ...deps, plugins: plugins.plugins }, scenario, {}, signal);
  return { engine, result };
}

const calls = (...made: readonly (readonly [string, string])[]): readonly FakeStep[] =>
  made.map(([name, text], index) => ({
    toolCall: { index, id: `call-${index}`, name, argumentsDelta: text },
  }));

test("the expected tool with valid arguments of the expected values succeeds", async () => {
  const { result, engine } = await check(calls(["get_weather", '{"city": "Oslo"}']));
  expect(result).toMatchObject({ name: "tool_calling", verdict: "pass", violations: [], unscored: [] });
  expect(result.metrics).toMatchObject({ expected_calls: 1, calls: 1, matched_calls: 1 });
  expect(engine.requests[0]?.input).toMatchObject({ tools, toolChoice: "auto" });
});

test.each([
  ["another tool", [["bash", '{"command": "weather"}']], ["tool_missing_call", "tool_extra_call"]],
  ["no call", [], ["tool_missing_call"]],
  ["another value", [["get_weather", '{"city": "Rome"}']], ["tool_arguments"]],
  [
    "arguments that break the schema",
    [["get_weather", '{"town": "Oslo"}']],
    ["tool_arguments", "tool_arguments_schema"],
  ],
  ["an argument too many", [["get_weather", '{"city": "Oslo", "unit": "C"}']], ["tool_arguments_schema"]],
  [
    "arguments that are not JSON",
    [["get_weather", '{"city": ']],
    ["tool_arguments", "tool_arguments_schema"],
  ],
  [
    "a call too many",
    [
      ["get_weather", '{"city": "Oslo"}'],
      ["bash", '{"command": "ls"}'],
    ],
    ["tool_extra_call"],
  ],
  [
    "a tool that was not given",
    [
      ["get_weather", '{"city": "Oslo"}'],
      ["fly", "{}"],
    ],
    ["tool_extra_call"],
  ],
] as const)("%s is a failure that says what differs", async (_, made, rules) => {
  const { result } = await check(calls(...made));
  expect(result.verdict).toBe("fail");
  expect(result.violations.map(({ rule }) => rule)).toEqual([...rules]);
  expect(result.message).not.toBe("");
});

test("a difference is told with its place and both values", async () => {
  const { result } = await check(calls(["get_weather", '{"city": "Rome"}']));
  expect(result.message).toBe(
    'get_weather was called with other arguments: city: expected "Oslo", got "Rome"',
  );
  const broken = await check(calls(["get_weather", '{"city": 3}']), { expected: [{ name: "get_weather" }] });
  expect(broken.result.message).toContain("the arguments of get_weather do not fit its schema: #/city");
});

test("where no call is expected, any call is a failure and an answer in words a success", async () => {
  expect((await check(say("It rains."), { expected: [] })).result.verdict).toBe("pass");
  const { result } = await check(calls(["get_weather", '{"city": "Oslo"}']), { expected: [] });
  expect(result).toMatchObject({ verdict: "fail", violations: [{ rule: "tool_extra_call" }] });
});

test("order counts where it is strict", async () => {
  const expected = [{ name: "read_file" }, { name: "bash" }];
  const swapped = calls(["bash", '{"command": "ls"}'], ["read_file", '{"path": "a"}']);
  expect((await check(swapped, { expected })).result.verdict).toBe("pass");
  const { result } = await check(swapped, { expected, order: "strict" });
  expect(result.violations.map(({ rule }) => rule)).toEqual(["tool_order", "tool_order"]);
});

test("a model without tools is skipped, and not asked", async () => {
  const { result, engine } = await check([], {}, { tools: false });
  expect(result).toMatchObject({ verdict: "abstain", message: "skipped: fake-model cannot call tools" });
  expect(engine.requests).toEqual([]);
});

test("a schema that the judge cannot check makes the probe abstain, never pass", async () => {
  const odd = { ...weather, parameters: { ...schemaOf("city"), unevaluatedProperties: false } };
  const { result } = await check(calls(["get_weather", '{"city": "Oslo"}']), { tools: [odd] });
  expect(result).toMatchObject({ verdict: "abstain", unscored: [{ name: "tool_arguments_schema" }] });
  expect(result.message).toContain("unevaluatedProperties");
});

test("a model that gives no answer is unreachable", async () => {
  const { result } = await check([{ fail: new AppError("inference_error", "no") }]);
  expect(result).toMatchObject({ verdict: "fail", violations: [{ rule: "provider_unreachable" }] });
});

test.each([
  [{ tools: [] }, "scenario.tools"],
  [{ expected: [{ name: "fly" }] }, 'scenario.expected.0.name: "fly" is none of the tools'],
  [{ tools: [weather, weather] }, "given more than once"],
  [{ expect: [] }, "expect"],
  [{ order: "some" }, "scenario.order"],
  [{ prompt: "" }, "scenario.prompt"],
])("a scenario with %j is refused by its field", (changes, message) => {
  expect(() => parseToolScenario({ prompt: "x", tools, expected: [], ...changes })).toThrow(message);
});

describe("with the built-in model", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createRealEngine();
  });
  afterAll(() => engine.stop(AbortSignal.timeout(5_000)));

  test.each([
    [
      "What's the weather like in Oslo right now?",
      [weather],
      { name: "get_weather", arguments: { city: "Oslo" } },
    ],
    ["Please read the file package.json", tools, { name: "read_file", arguments: { path: "package.json" } }],
  ] as const)("%s is answered by the tool for it", async (prompt, given, expected) => {
    const deps = { ...createRealDeps(engine), plugins: plugins.plugins };
    const scenario = parseToolScenario({ prompt, tools: given, expected: [expected] });
    const result = await checkToolCalls(deps, scenario, { model: "hearth-demo" }, signal);
    expect(result).toMatchObject({ verdict: "pass", metrics: { matched_calls: 1 } });
    const other = {
      ...scenario,
      expected: [{ name: expected.name, arguments: { city: "Rome", path: "b" } }],
    };
    expect((await checkToolCalls(deps, other, {}, signal)).verdict).toBe("fail");
  });

  test("a question that needs no tool must not call one", async () => {
    const deps = { ...createRealDeps(engine), plugins: plugins.plugins };
    const scenario = parseToolScenario({ prompt: "Reply with exactly: pong-42", tools, expected: [] });
    expect((await checkToolCalls(deps, scenario, {}, signal)).verdict).toBe("pass");
  });
});
