import { shortenText } from "../../base/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { type CheckedCall, checkArguments } from "../validation/probes/check-arguments.ts";
import { findDifferences, matchCalls } from "../validation/probes/match-calls.ts";
import { type Unscored, type Verdict, type Violation, verdictOf } from "../verdict.ts";
import type { CalledTool, ExpectedCall, SuiteCase } from "./suite.ts";

const maxShownCharacters = 200;

export type CheckedCalls = {
  readonly verdict: Verdict;
  /** 1 where the calls are those that are expected, else 0. */
  readonly score: number;
  readonly violations: readonly Violation[];
  readonly unscored: readonly Unscored[];
};

/**
 * Whether a model called the tools that a case expects, in any order and none besides, with arguments that fit the
 * tool's schema and have the expected values among theirs.
 */
export async function checkCalls(
  deps: Pick<JudgeDeps, "plugins">,
  { expectedCalls: expected = [], tools }: Pick<SuiteCase, "expectedCalls" | "tools">,
  calls: readonly CalledTool[],
  signal: AbortSignal,
): Promise<CheckedCalls> {
  const checked = await Promise.all(
    calls.map(async ({ name, arguments: given }) => {
      const text = typeof given === "string" ? given : JSON.stringify(given);
      const tool = tools.find((known) => known.name === name);
      return await checkArguments(deps, { id: "", name, arguments: text }, tool, signal);
    }),
  );
  const { missing, extra } = matchCalls({ expected, order: "any", argumentMatch: "subset" }, checked);
  const violations = [
    ...missing.map(({ expected: wanted, instead }) => describeMissing(wanted, instead)),
    ...extra.map((call) => fail("tool_extra_call", `${show(call)} was called and not expected`, call)),
    ...checked.flatMap((call) => describeProblems(call)),
  ];
  return {
    ...{ verdict: verdictOf(violations), score: violations.length === 0 ? 1 : 0, violations },
    unscored: checked.flatMap(({ name, unchecked }) =>
      unchecked === undefined ? [] : [{ name: `tool_arguments_schema:${name}`, reason: unchecked }],
    ),
  };
}

function describeMissing(wanted: ExpectedCall, instead: CheckedCall | undefined): Violation {
  if (!instead) return fail("tool_missing_call", `${show(wanted)} was expected and not called`, wanted);
  const differences = findDifferences(wanted.arguments ?? {}, instead.arguments ?? {}, "subset");
  const message = `${wanted.name} was called with other arguments: ${differences.join("; ")}`;
  return fail("tool_arguments", message, instead);
}

function describeProblems(call: CheckedCall): readonly Violation[] {
  if (call.problems.length === 0) return [];
  const message = `the arguments of ${call.name} do not fit its schema: ${call.problems.join("; ")}`;
  return [fail("tool_arguments_schema", message, call)];
}

function fail(rule: string, message: string, call: ExpectedCall | CheckedCall): Violation {
  return { rule, severity: "failure", observed: show(call), message };
}

function show({ name, arguments: values }: ExpectedCall | CheckedCall): string {
  const text = values === undefined ? "…" : JSON.stringify(values);
  return `${name}(${shortenText(text, maxShownCharacters)})`;
}
