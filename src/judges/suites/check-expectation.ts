import { AppError, shortenText } from "../../base/index.ts";
import type { JsonValue } from "../../contract/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { findDifferences } from "../validation/probes/match-calls.ts";
import type { Unscored, Violation } from "../verdict.ts";
import type { Expectation, Suite } from "./suite.ts";

const patternJudge = "json-schema";
const maxShownCharacters = 200;

type PatternDeps = Pick<JudgeDeps, "plugins">;

export type CheckedExpectation = {
  readonly violations: readonly Violation[];
  readonly unscored: readonly Unscored[];
  /** Share of the checks that hold; absent where none could be made. */
  readonly score?: number;
};

/** Whether an answer is what a case expects. White space around it does not count. */
export async function checkExpectation(
  deps: PatternDeps,
  expectation: Expectation,
  answer: string,
  signal: AbortSignal,
): Promise<CheckedExpectation> {
  const checks = checkText(expectation, answer);
  const unscored: Unscored[] = [];
  if (expectation.matches !== undefined) {
    const match = await matchPattern(deps, expectation.matches, answer.trim(), signal);
    if (typeof match === "string") unscored.push({ name: "expect.matches", reason: match, fault: true });
    else checks.push({ rule: "matches", holds: match, wanted: `a match of ${expectation.matches}` });
  }
  const violations = checks.filter(({ holds }) => !holds).map((check) => toViolation(check, answer));
  return {
    ...{ violations, unscored },
    ...(checks.length > 0 && { score: (checks.length - violations.length) / checks.length }),
  };
}

/** Refuses patterns that cannot be matched in linear time, before anything is asked. Throws AppError invalid_request. */
export async function requirePatterns(
  deps: PatternDeps,
  { cases }: Suite,
  signal: AbortSignal,
): Promise<void> {
  const seen = new Set<string>();
  for (const [index, { expect }] of cases.entries()) {
    const pattern = expect?.matches;
    if (pattern === undefined || seen.has(pattern)) continue;
    seen.add(pattern);
    const match = await matchPattern(deps, pattern, "", signal);
    if (typeof match !== "string") continue;
    const message = `cases[${index}].expect.matches: ${JSON.stringify(pattern)} cannot be matched: ${match}`;
    throw new AppError("invalid_request", message, { details: { param: `cases[${index}].expect.matches` } });
  }
}

type Check = { readonly rule: string; readonly holds: boolean; readonly wanted: string };

function checkText(expectation: Expectation, answer: string): Check[] {
  const { equals, contains, excludes, startsWith, endsWith, json, ignoresCase } = expectation;
  const fold = (text: string) => (ignoresCase ? text.toLowerCase() : text);
  const ends = (text: string) => fold(text).trim();
  const text = ends(answer);
  const check = (rule: string, wanted: string, holds: boolean): Check => ({ rule, wanted, holds });
  return [
    ...(equals === undefined ? [] : [check("equals", quote(equals), text === ends(equals))]),
    ...contains.map((part) => check("contains", `${quote(part)} in it`, text.includes(fold(part)))),
    ...excludes.map((part) => check("excludes", `${quote(part)} not in it`, !text.includes(fold(part)))),
    ...(startsWith === undefined
      ? []
      : [check("starts_with", `${quote(startsWith)} at its start`, text.startsWith(ends(startsWith)))]),
    ...(endsWith === undefined
      ? []
      : [check("ends_with", `${quote(endsWith)} at its end`, text.endsWith(ends(endsWith)))]),
    ...(json === undefined ? [] : [check("json", `JSON with ${quoteJson(json)}`, holdsJson(answer, json))]),
  ];
}

/** Whether it matches, or why nobody can say. The judge runs in its sandbox and takes linear time for any pattern. */
async function matchPattern(
  { plugins }: PatternDeps,
  pattern: string,
  text: string,
  signal: AbortSignal,
): Promise<boolean | string> {
  const judge = await plugins();
  const input = { response: JSON.stringify(text), criteria: { schema: { type: "string", pattern } } };
  const result = await judge.judge(patternJudge, input, { signal });
  signal.throwIfAborted();
  if (!result.ok) return result.failure.message;
  const { verdict, reasons } = result.output;
  return verdict === "abstain" ? tellPatternFault(reasons) : verdict === "pass";
}

/** The judge speaks of its schema, of which whoever wrote the pattern knows nothing. */
function tellPatternFault(reasons: readonly string[]): string {
  const faults = reasons.map((reason) => /#\/pattern \((.*)\) is not checked$/.exec(reason)?.[1]);
  return faults.find((fault) => fault !== undefined) ?? reasons.join("; ");
}

/** JSON alone, or the first fenced block. Objects may have more than is wanted. */
function holdsJson(answer: string, wanted: JsonValue): boolean {
  const fenced = /```(?:json)?[^\S\n]*\n([\s\S]*?)```/.exec(answer);
  return [answer, fenced?.[1]].some((text) => {
    if (text === undefined) return false;
    try {
      return findDifferences(wanted, JSON.parse(text), "subset").length === 0;
    } catch {
      return false;
    }
  });
}

function toViolation({ rule, wanted }: Check, answer: string): Violation {
  const observed = shorten(answer.trim());
  return {
    ...{ rule: `expect.${rule}`, severity: "failure", observed, limit: shorten(wanted) },
    message: `expected ${shorten(wanted)}, got ${quote(observed)}`,
  };
}

function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

function quoteJson(value: JsonValue): string {
  return shorten(JSON.stringify(value));
}

function shorten(text: string): string {
  return shortenText(text, maxShownCharacters);
}
