import { askModel, userMessage } from "../../ask-model.ts";
import type { JudgeDeps } from "../../deps.ts";
import { findModel } from "../../find-model.ts";
import type { Unscored, Violation } from "../../verdict.ts";
import { type CheckedCall, checkArguments } from "./check-arguments.ts";
import { defaultJudgeConfig, type JudgeConfig } from "./judge-config.ts";
import { type CallMatch, findDifferences, matchCalls } from "./match-calls.ts";
import { abstain, concludeProbe, failUnreachable, type ProbeResult } from "./probe-result.ts";
import type { ProbeDeps } from "./responsiveness.ts";
import type { ExpectedCall, ToolScenario } from "./tool-scenario.ts";
import { withRetries } from "./with-retries.ts";

const name = "tool_calling";
const maxAnswerTokens = 512;
const maxToldCalls = 32;

export type ToolCallOptions = { readonly model?: string; readonly config?: JudgeConfig };

/**
 * Whether the model calls the tools that the scenario expects, with arguments that fit their schemas and have the
 * expected values. A model without tools, and a schema that cannot be checked, make it abstain. Throws AppError
 * model_not_found, and the signal's abort.
 */
export async function checkToolCalls(
  deps: ProbeDeps & Pick<JudgeDeps, "plugins">,
  scenario: ToolScenario,
  { model: named, config = defaultJudgeConfig }: ToolCallOptions,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const model = await findModel(deps, named);
  if (!model.capabilities.tools) return abstain(name, `skipped: ${model.id} cannot call tools`);
  const question = {
    ...{ model: model.id, messages: userMessage(scenario.prompt), tools: scenario.tools },
    ...{ maxTokens: maxAnswerTokens, sampling: { temperature: 0, seed: 1 } },
  };
  const ask = (attemptSignal: AbortSignal) => askModel(deps, question, attemptSignal);
  const retried = await withRetries(deps, config, ask, signal);
  if (!retried.ok) return failUnreachable(name, model.id, retried);
  const { toolCalls } = retried.value;
  const calls: CheckedCall[] = [];
  for (const call of toolCalls.slice(0, maxToldCalls)) {
    const tool = scenario.tools.find((known) => known.name === call.name);
    calls.push(await checkArguments(deps, call, tool, signal));
  }
  const match = matchCalls(scenario, calls);
  const violations = [
    ...tooMany(toolCalls.length),
    ...describeMatch(scenario, match),
    ...describeSchemas(calls),
  ];
  const unscored = describeUnchecked(calls);
  const found = concludeProbe({
    ...{ name, durationMs: retried.durationMs, success: describeSuccess(scenario), violations, unscored },
    metrics: {
      ...{ expected_calls: scenario.expected.length, calls: toolCalls.length, matched_calls: match.matched },
      retry_count: retried.retryCount,
    },
    ...(retried.attempts && { attempts: retried.attempts }),
  });
  const [reason] = unscored;
  if (violations.length > 0 || !reason) return found;
  return { ...found, verdict: "abstain", message: reason.reason };
}

function describeSuccess({ expected }: ToolScenario): string {
  if (expected.length === 0) return "no tool was called, as expected";
  return `called ${expected.map((call) => call.name).join(", ")} as expected`;
}

function tooMany(calls: number): readonly Violation[] {
  if (calls <= maxToldCalls) return [];
  const message = `${calls} calls were made; those after the first ${maxToldCalls} were not looked at`;
  return [{ rule: "tool_extra_call", severity: "failure", observed: calls, limit: maxToldCalls, message }];
}

function describeMatch(scenario: ToolScenario, { missing, extra }: CallMatch): readonly Violation[] {
  const known = new Set(scenario.tools.map((tool) => tool.name));
  const wrong = missing.map(({ expected, instead }) => describeMissing(scenario, expected, instead, extra));
  const more = extra.map((call): Violation => {
    const which = known.has(call.name) ? "which was not expected" : "which is none of the tools";
    const message = `${show(call)} was called, ${which}`;
    return { rule: "tool_extra_call", severity: "failure", observed: show(call), message };
  });
  return [...wrong, ...more];
}

function describeMissing(
  { argumentMatch, order }: ToolScenario,
  expected: ExpectedCall,
  instead: CheckedCall | undefined,
  extra: readonly CheckedCall[],
): Violation {
  const limit = show(expected);
  if (!instead) {
    const observed = extra.length === 0 ? "no call" : extra.map((call) => call.name).join(", ");
    const message = `${limit} was expected and not called`;
    return { rule: "tool_missing_call", severity: "failure", observed, limit, message };
  }
  const differences = findDifferences(expected.arguments ?? {}, instead.arguments ?? {}, argumentMatch);
  const isSame =
    expected.arguments === undefined || (differences.length === 0 && instead.arguments !== undefined);
  const rule = isSame && order === "strict" ? "tool_order" : "tool_arguments";
  const how = isSame ? "in another place than expected" : `with other arguments: ${differences.join("; ")}`;
  const message = `${expected.name} was called ${how}`;
  return { rule, severity: "failure", observed: show(instead), limit, message };
}

function describeSchemas(calls: readonly CheckedCall[]): readonly Violation[] {
  return calls
    .filter(({ problems }) => problems.length > 0)
    .map((call) => {
      const message = `the arguments of ${call.name} do not fit its schema: ${call.problems.join("; ")}`;
      return { rule: "tool_arguments_schema", severity: "failure", observed: show(call), message };
    });
}

function describeUnchecked(calls: readonly CheckedCall[]): readonly Unscored[] {
  return calls.flatMap(({ name: tool, unchecked }) =>
    unchecked === undefined
      ? []
      : [
          {
            name: "tool_arguments_schema",
            reason: `the arguments of ${tool} could not be checked: ${unchecked}`,
          },
        ],
  );
}

function show({ name: tool, arguments: values }: ExpectedCall | CheckedCall): string {
  return `${tool}(${values === undefined ? "…" : JSON.stringify(values)})`;
}
