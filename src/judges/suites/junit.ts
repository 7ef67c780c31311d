import { shortenText } from "../../base/index.ts";
import { roundScore } from "../verdict.ts";
import type { Outcome } from "./outcome.ts";
import type { SuiteReport } from "./suite-report.ts";

const msPerSecond = 1_000;
const maxTextCharacters = 10_000;

/**
 * A run as JUnit XML, one `testcase` an answer: `failure` for what failed, `error` for what was not answered, `skipped`
 * for what nobody could judge. A run that ended early has an `error` of its own.
 */
export function toJunit({ run, spec, summary, cases }: SuiteReport): string {
  const outcomes = cases.flatMap((entry) => entry.outcomes);
  const errors = outcomes.filter(({ error }) => error !== undefined).length + (run.error ? 1 : 0);
  const failures = outcomes.filter(({ verdict, error }) => verdict === "fail" && !error).length;
  const counts = {
    ...{ name: run.name, tests: outcomes.length + (run.error ? 1 : 0), failures, errors },
    ...{ skipped: summary.abstained, time: toSeconds(summary.durationMs) },
  };
  const { skipped: _, ...totals } = counts;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes(totals)}>`,
    `<testsuite${attributes({ ...counts, timestamp: new Date(run.createdAtMs).toISOString() })}>`,
    properties({
      ...{ run: run.id, model: run.model, status: run.status, seed: spec.seed },
      ...(spec.model && { model_digest: spec.model.digest }),
      ...(spec.judgeModel && { judge_model: spec.judgeModel.id }),
      ...(summary.passRate.scored && { pass_rate: roundScore(summary.passRate.value) }),
      ...(summary.score.scored && { score: roundScore(summary.score.value) }),
    }),
    ...cases.flatMap((entry) =>
      entry.outcomes.map((outcome) => toTestCase(outcome, run.name, entry.outcomes.length > 1)),
    ),
    ...(run.error ? [toRunError(run.name, run.error)] : []),
    "</testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function toTestCase(outcome: Outcome, suite: string, isRepeated: boolean): string {
  const { case: name, repetition, verdict, message, durationMs, score, judges, warnings } = outcome;
  const shown = isRepeated ? `${name} #${repetition + 1}` : name;
  const facts = {
    ...{ verdict, ...(score !== undefined && { score: roundScore(score) }) },
    ...Object.fromEntries(
      Object.entries(judges).map(([judge, value]) => [`judge:${judge}`, roundScore(value)]),
    ),
  };
  return [
    `<testcase${attributes({ classname: suite, name: shown, time: toSeconds(durationMs) })}>`,
    properties(facts),
    ...describeEnd(outcome, message),
    element("system-out", {}, outcome.answer),
    ...(verdict === "warn" || warnings.length > 0 ? [element("system-err", {}, tellWarnings(outcome))] : []),
    "</testcase>",
  ].join("\n");
}

function describeEnd({ verdict, error, violations }: Outcome, message: string): readonly string[] {
  if (error) return [element("error", { type: error.code, message: error.message }, "")];
  if (verdict === "abstain") return [element("skipped", { message }, "")];
  if (verdict !== "fail") return [];
  const failures = violations.filter(({ severity }) => severity === "failure");
  const type = failures[0]?.rule ?? "failure";
  return [element("failure", { type, message }, violations.map((entry) => entry.message).join("\n"))];
}

function tellWarnings({ violations, warnings }: Outcome): string {
  const messages = violations.filter(({ severity }) => severity === "warning").map(({ message }) => message);
  return [...messages, ...warnings].join("\n");
}

function toRunError(
  suite: string,
  { code, message }: { readonly code: string; readonly message: string },
): string {
  const error = element("error", { type: code, message }, "");
  return `<testcase${attributes({ classname: suite, name: "the run as a whole" })}>\n${error}\n</testcase>`;
}

function properties(facts: Readonly<Record<string, string | number>>): string {
  const rows = Object.entries(facts).map(([name, value]) => `<property${attributes({ name, value })}/>`);
  return `<properties>${rows.join("")}</properties>`;
}

function element(name: string, facts: Readonly<Record<string, string | number>>, text: string): string {
  const content = escapeXml(cut(text));
  return content === ""
    ? `<${name}${attributes(facts)}/>`
    : `<${name}${attributes(facts)}>${content}</${name}>`;
}

function attributes(facts: Readonly<Record<string, string | number>>): string {
  return Object.entries(facts)
    .map(([name, value]) => ` ${name}="${escapeAttribute(cut(String(value)))}"`)
    .join("");
}

function toSeconds(durationMs: number): string {
  return (durationMs / msPerSecond).toFixed(3);
}

function cut(text: string): string {
  return shortenText(text, maxTextCharacters);
}

/** XML 1.0 has no way to write most control characters, halves of surrogate pairs, U+FFFE and U+FFFF. */
function escapeXml(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML cannot hold.
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/g, "\ufffd")
      .replace(/[&<>\r]/g, toReference)
  );
}

/** A parser would take line ends and tabs in an attribute for spaces. */
function escapeAttribute(text: string): string {
  return escapeXml(text).replace(/["\n\t]/g, toReference);
}

function toReference(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
