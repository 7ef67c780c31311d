import { describe, expect, test } from "bun:test";
import { parseCoordinationSpec, toSpecBody } from "./spec.ts";

test("a task alone is a sequence of three agents, measured five times", () => {
  expect(parseCoordinationSpec({ task: "count" })).toMatchObject({
    ...{ strategy: "sequential", agents: [undefined, undefined, undefined], rounds: 2, repeats: 5 },
    ...{ temperature: 0.7, maxTokens: 200, isComputeMatched: true, refreshesBaseline: false },
  });
});

test("what is stored is read as the same spec", () => {
  const spec = parseCoordinationSpec({
    ...{ task: "count", strategy: "debate", agents: [{ model: "A_b" }, { model: "c" }], rounds: 1, seed: 3 },
    ...{ judge_model: "j", criteria: ["depth"], reference: "7", closed: true, compute_matched: false },
    ...{ budget: { tokens: 5 }, agent_budget: { usd: 0.5 }, force_baseline_refresh: true, repeats: 2 },
    prices: { A_b: { input_usd_per_million: 1, output_usd_per_million: 2 } },
  });
  expect(parseCoordinationSpec(toSpecBody(spec))).toEqual(spec);
});

describe("what is refused", () => {
  test.each([
    [{}, /^task: /],
    [{ task: "  " }, /^task: is blank/],
    [
      { task: "t", strategy: "vote" },
      /^strategy: there is no strategy "vote"; there are sequential, parallel, debate$/,
    ],
    [{ task: "t", num_agents: 0 }, /^num_agents: expected a whole number from 1 to 16, got 0/],
    [{ task: "t", repeats: 2.5 }, /^repeats: .*2\.5/],
    [{ task: "t", num_agents: 2, agents: [{ model: "a" }] }, /^num_agents: 2 agents .* 1 are listed/],
    [{ task: "t", model: "a", agents: [{ model: "a" }] }, /^model: agents names a model for each/],
    [{ task: "t", colour: "red" }, /colour/],
    [{ task: "t", criteria: ["depth", "depth"] }, /^criteria: "depth" is given more than once/],
    [{ task: "t", criteria: ["reason"] }, /^criteria: .*"reason" is taken/],
    [{ task: "t", criteria: ["half \ud800"] }, /^criteria\.0: .*half of a character/],
    [{ task: "t", budget: { money: 1 } }, /^budget: .*money/],
    [{ task: "t", agents: [{ model: "" }] }, /^agents\.0\.model: /],
  ])("%j", (value, message) => {
    expect(() => parseCoordinationSpec(value)).toThrow(message);
  });
});
