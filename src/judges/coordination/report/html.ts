import { tokensOf } from "../meter.ts";
import type { CoordinationResult } from "../result.ts";
import { toCostChart, toIntervalChart, toQualityChart } from "./chart.ts";
import { escapeHtml } from "./escape-html.ts";
import { describeMethod } from "./markdown.ts";
import { computeCaveat, listMeasures, show, toVerdict } from "./measures.ts";

const style = `
:root { color-scheme: light dark; --ink: #222; --page: #fff; --block: #f5f5f2; --line: #ddd; --faint: #777; --team: #1b6ca8; --alone: #b5651d }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --page: #16181d; --block: #22252c; --line: #3a3f4a; --faint: #999; --team: #5aaee8; --alone: #e0975a } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink); background: var(--page) }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem } h3 { font-size: 1rem }
table { border-collapse: collapse; width: 100%; font-size: .92rem }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
pre { background: var(--block); padding: .8rem; white-space: pre-wrap; overflow-wrap: anywhere }
.verdict { font-size: 1.1rem; border-left: 4px solid var(--team); padding-left: .8rem }
svg { width: 100%; height: auto } svg text { font: 12px system-ui, sans-serif; fill: var(--ink) } svg .scale { text-anchor: middle; fill: var(--faint) }
circle.alone { fill: none; stroke: var(--alone); stroke-width: 2 } circle.team, rect.team { fill: var(--team) } rect.alone { fill: var(--alone) }
line.axis { stroke: var(--line) } line.mean { stroke-width: 2; stroke-dasharray: 4 3 } line.mean.alone { stroke: var(--alone) } line.mean.team { stroke: var(--team) }
line.range { stroke: var(--team); stroke-width: 3 } line.one { stroke: var(--faint); stroke-dasharray: 2 3 }
`;

/** A report as one HTML file that needs nothing else. It runs no script, and every text in it is escaped. */
export function toHtml(result: CoordinationResult): string {
  const title = `Coordination: ${result.strategy}, ${result.models.length} agents`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
<h1>${escapeHtml(title)}</h1>
<p class="verdict">${escapeHtml(toVerdict(result))}</p>
${toSections(result)
  .map(([head, body]) => (body === "" ? "" : `<h2>${escapeHtml(head)}</h2>\n${body}\n`))
  .join("")}</html>
`;
}

function toSections(result: CoordinationResult): readonly (readonly [string, string])[] {
  const measures = listMeasures(result).map(({ name, value, meaning }) => [name, value, meaning]);
  return [
    ["Task", toBlock(result.task)],
    ["Final answer", toBlock(result.finalAnswer)],
    ["Measures", `${toTable(["Measure", "Value", "Meaning"], measures)}<p>${escapeHtml(computeCaveat)}</p>`],
    [
      "Quality",
      `<p>Rings are independent answers, discs the team's; the broken lines are their means.</p>${toQualityChart(result)}${toIntervalChart(result)}`,
    ],
    ["Calls and tokens", `${toCostChart(result)}${toCosts(result)}`],
    ["Warnings", toList(result.warnings)],
    [
      "Unscored",
      toList(result.unscored.map(({ repeat, name, reason }) => `repeat ${repeat + 1}, ${name}: ${reason}`)),
    ],
    [
      "Answers of the agents",
      result.agentAnswers
        .map(
          ({ agentId, stage, text }) =>
            `<h3>${escapeHtml(`${agentId}, stage ${stage}`)}</h3>${toBlock(text)}`,
        )
        .join(""),
    ],
    ["How it was measured", toTable([], describeMethod(result))],
  ];
}

function toCosts({ costs }: CoordinationResult): string {
  const rows = (["baseline", "coordinated", "control", "judging"] as const).map((arm) => [
    ...[arm, String(costs[arm].calls), String(tokensOf(costs[arm])), show(costs[arm].usd)],
  ]);
  return toTable(["", "Calls", "Tokens", "USD"], rows);
}

function toTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: "th" | "td") =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  const head = heads.length === 0 ? "" : line(heads, "th");
  return `<table>${head}${rows.map((cells) => line(cells, "td")).join("")}</table>`;
}

function toList(items: readonly string[]): string {
  return items.length === 0 ? "" : `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join("")}</ul>`;
}

function toBlock(text: string): string {
  return `<pre>${escapeHtml(text)}</pre>`;
}
