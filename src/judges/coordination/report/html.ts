import { tokensOf } from "../meter.ts";
import type { CoordinationResult } from "../result.ts";
import { toCostChart, toIntervalChart, toQualityChart } from "./chart.ts";
import { escapeHtml } from "./escape-html.ts";
import { describeMethod } from "./markdown.ts";
import { computeCaveat, listMeasures, show, toVerdict } from "./measures.ts";

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100%; font-size: .92rem }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top }
pre { background: #f5f5f2; padding: .8rem; white-space: pre-wrap; overflow-wrap: anywhere }
.verdict { font-size: 1.1rem; border-left: 4px solid #1b6ca8; padding-left: .8rem }
svg { width: 100%; height: auto } svg text { font: 12px system-ui, sans-serif; fill: #333 } svg .scale { text-anchor: middle; fill: #777 }
circle.alone { fill: none; stroke: #b5651d; stroke-width: 2 } circle.team, rect.team { fill: #1b6ca8 } rect.alone { fill: #b5651d }
line.axis { stroke: #ddd } line.mean { stroke-width: 2; stroke-dasharray: 4 3 } line.mean.alone { stroke: #b5651d } line.mean.team { stroke: #1b6ca8 }
line.range { stroke: #1b6ca8; stroke-width: 3 } line.one { stroke: #999; stroke-dasharray: 2 3 }
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
