/** Reports as a person reads them on a terminal. What models said is kept from steering it. */
import { type JudgeReport, roundScore } from "../../judges/index.ts";
import { formatTable, oneLine } from "../table.ts";
import { cutToWidth } from "../transfer.ts";

type Suite = Extract<JudgeReport, { kind: "suite" }>;
type Comparison = Extract<JudgeReport, { kind: "comparison" }>;
type CaseReport = Suite["cases"][number];
type Estimate = Suite["summary"]["score"];

const maxNameColumns = 48;
const maxReasonColumns = 200;
/** Failures that are told of one by one; --json has all. */
const maxShownFailures = 50;
const maxShownWarnings = 5;
const msPerSecond = 1_000;

export function formatReport(report: JudgeReport): string {
  return report.kind === "suite" ? formatSuite(report) : formatComparison(report);
}

function formatSuite({ run, summary, result, cases, spec, drift }: Suite): string {
  const isRepeated = cases.some(({ outcomes }) => outcomes.length > 1);
  const heads = ["CASE", "VERDICT", "PASSED", "SCORE", ...(isRepeated ? ["ALIKE"] : []), "SECONDS"];
  const rows = cases.map((entry) => [
    ...[cutToWidth(oneLine(entry.name), maxNameColumns), entry.verdict, countPassed(entry)],
    ...[formatScore(entry.score), ...(isRepeated ? [formatAlike(entry)] : []), formatSeconds(entry)],
  ]);
  const { answers, passed, warned, failed, abstained } = summary;
  const counts = [
    `${passed} of ${answers} answers passed`,
    ...(warned > 0 ? [`${warned} of them with warnings`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(abstained > 0 ? [`${abstained} could not be judged`] : []),
  ];
  const judges = summary.judges.map(({ name, mean }) => `${oneLine(name)} ${formatScore(mean)}`);
  return [
    formatTable(heads, rows),
    ...formatFindings(cases),
    `\n${counts.join(", ")}\n`,
    `pass rate   ${formatEstimate(summary.passRate)}\n`,
    `mean score  ${formatEstimate(summary.score)}\n`,
    ...(judges.length > 0 ? [`judges      ${judges.join(", ")}\n`] : []),
    ...listUnscored(cases).map((line) => `unscored    ${line}\n`),
    ...listWarnings(cases).map((warning) => `warning     ${warning}\n`),
    ...drift.flatMap(formatDrift),
    `bar         ${formatBar(spec.suite.bar)}: ${formatResult(result)}\n`,
    `run         ${run.id}, ${oneLine(run.model)}, seed ${spec.seed}, ${run.status}\n`,
  ].join("");
}

/** Measures that are missing, which change no verdict: each with how often and why. */
function listUnscored(cases: readonly CaseReport[]): readonly string[] {
  const entries = cases.flatMap(({ outcomes }) => outcomes.flatMap((outcome) => outcome.unscored));
  const groups = Map.groupBy(entries, ({ name, reason }) => `${name}\n${reason}`);
  const lines = [...groups.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const count = others.length + 1;
    const of = count === 1 ? "one answer" : `${count} answers`;
    return [cutToWidth(`${oneLine(first.name)} of ${of}: ${oneLine(first.reason)}`, maxReasonColumns)];
  });
  const more = lines.length - maxShownWarnings;
  return [
    ...lines.slice(0, maxShownWarnings),
    ...(more > 0 ? [`and ${more} more reasons; --json has all`] : []),
  ];
}

/** Each once: what is to be said of one judge is said of all its answers. */
function listWarnings(cases: readonly CaseReport[]): readonly string[] {
  const warnings = cases.flatMap(({ outcomes }) => outcomes.flatMap((outcome) => outcome.warnings));
  return [...new Set(warnings)].slice(0, maxShownWarnings).map((warning) => oneLine(warning));
}

function formatFindings(cases: readonly CaseReport[]): readonly string[] {
  const found = cases.flatMap(({ name, outcomes }) =>
    outcomes
      .filter(({ verdict }) => verdict !== "pass")
      .map(({ verdict, message, violations, repetition }) => {
        const which = outcomes.length > 1 ? ` #${repetition + 1}` : "";
        const reasons = violations.length > 0 ? violations.map((entry) => entry.message) : [message];
        const lines = reasons.map((reason) => `  ${cutToWidth(oneLine(reason), maxReasonColumns)}\n`);
        return `\n${verdict}: ${oneLine(name)}${which}\n${lines.join("")}`;
      }),
  );
  const others = found.length - maxShownFailures;
  return [
    ...found.slice(0, maxShownFailures),
    ...(others > 0 ? [`\nand ${others} more; --json has them all\n`] : []),
  ];
}

function formatComparison({ run, comparison, reports, preferences }: Comparison): string {
  const { ranking, pairs, recommendation } = comparison;
  const ranked = ranking.map(({ model, score, passRate }) => [
    ...[oneLine(model), formatScore(score), formatScore(passRate)],
  ]);
  const compared = pairs.map(({ model, against, wins, ties, losses, paired }) => [
    ...[`${oneLine(model)} − ${oneLine(against)}`, String(wins), String(ties), String(losses)],
    paired
      ? `${formatScore(paired.difference)} (${formatShare(paired.interval.level)}: ${formatScore(paired.interval.low)} to ${formatScore(paired.interval.high)})`
      : "-",
  ]);
  const unfinished = reports.filter((report) => report.run.status !== "completed");
  return [
    formatTable(["MODEL", "SCORE", "PASS RATE"], ranked),
    ...(pairs.length > 0
      ? ["\n", formatTable(["BEST − OTHER", "WINS", "TIES", "LOSSES", "DIFFERENCE"], compared)]
      : []),
    ...preferences.map(formatPreference),
    "\n",
    ...unfinished.map((report) => `${oneLine(report.run.model)} is not complete: ${report.run.status}\n`),
    `${recommendation.model === undefined ? "no recommendation" : `recommended: ${oneLine(recommendation.model)}`}\n`,
    `  ${oneLine(recommendation.reason)}\n`,
    `run ${run.id}, ${run.status}\n`,
  ].join("");
}

/** How often the judge took the one for the better and how often the other, whichever it read first. */
function formatPreference(preference: Comparison["preferences"][number]): string {
  const { model, against, wins, ties, losses, inconsistent, unscored, warnings } = preference;
  const [best, other] = [oneLine(model), oneLine(against)];
  const changed = inconsistent > 0 ? ` (${inconsistent} by the order of the answers)` : "";
  const lines = [
    `the judge prefers ${best} in ${wins} cases and ${other} in ${losses}; ${ties} ties${changed}`,
    ...(unscored > 0 ? [`it could not compare ${unscored} cases`] : []),
    ...warnings.map((warning) => `warning: ${oneLine(warning)}`),
  ];
  return lines.map((line) => `\n${line}\n`).join("");
}

function countPassed({ outcomes }: CaseReport): string {
  const passed = outcomes.filter(({ verdict }) => verdict === "pass" || verdict === "warn").length;
  return `${passed}/${outcomes.length}`;
}

function formatAlike({ consistency }: CaseReport): string {
  const value = consistency?.consistency;
  return typeof value === "number" ? formatScore(value) : "-";
}

function formatSeconds({ outcomes }: CaseReport): string {
  const totalMs = outcomes.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return (totalMs / outcomes.length / msPerSecond).toFixed(1);
}

function formatScore(value: number | undefined): string {
  return value === undefined ? "-" : String(roundScore(value));
}

function formatShare(value: number): string {
  return `${roundScore(value * 100)} %`;
}

function formatEstimate(estimate: Estimate): string {
  if (!estimate.scored) return oneLine(estimate.reason);
  const { value, low, high, level, units } = estimate;
  const over = `over ${units === 1 ? "one case" : `${units} cases`}`;
  return `${formatScore(value)} ${over} (${formatShare(level)}: ${formatScore(low)} to ${formatScore(high)})`;
}

function formatBar({ passRate, minScore, maxWarnings, maxUnjudged }: Suite["spec"]["suite"]["bar"]): string {
  return [
    `pass rate ${passRate}`,
    ...(minScore === undefined ? [] : [`mean score ${minScore}`]),
    ...(maxWarnings === undefined ? [] : [`at most ${maxWarnings} warnings`]),
    ...(maxUnjudged === 0 ? [] : [`at most ${maxUnjudged} not judged`]),
  ].join(", ");
}

function formatResult({ verdict, reasons }: Suite["result"]): string {
  if (verdict === "pass" || verdict === "warn") return "reached";
  return `${verdict === "fail" ? "not reached" : "not judged"}, ${oneLine(reasons.join("; "))}`;
}

/** Flags that are up; the numbers are in --json. */
function formatDrift(body: Suite["drift"][number]): readonly string[] {
  const flags = Object.entries(body.flags ?? {}).flatMap(([name, value]) => (isUp(value) ? [name] : []));
  return flags.length === 0 ? [] : [`drift       ${oneLine(String(body.of))}: ${flags.join(", ")}\n`];
}

function isUp(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(
    ([name, flag]) =>
      (flag === true && name !== "enough_samples") ||
      (name === "level" && (flag === "warn" || flag === "critical")),
  );
}
