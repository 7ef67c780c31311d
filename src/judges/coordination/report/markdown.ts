import { tokensOf } from "../meter.ts";
import type { ArmCosts, CoordinationResult } from "../result.ts";
import { showControls } from "./control-characters.ts";
import { computeCaveat, listMeasures, show, toVerdict } from "./measures.ts";

/** A report in Markdown. Texts of models and users stand in code blocks that they cannot end. */
export function toMarkdown(result: CoordinationResult): string {
  const sections = [
    `# Coordination: ${result.strategy}, ${result.models.length} agents`,
    toVerdict(result),
    `## Task\n\n${toBlock(result.task)}`,
    `## Final answer\n\n${toBlock(result.finalAnswer)}`,
    `## Measures\n\n${toTable(
      ["Measure", "Value", "Meaning"],
      listMeasures(result).map(({ name, value, meaning }) => [name, value, meaning]),
    )}`,
    computeCaveat,
    `## Calls and tokens\n\n${toCosts(result.costs)}`,
    `## Repeats\n\n${toRepeats(result)}`,
    toList("Warnings", result.warnings),
    toList(
      "Unscored",
      result.unscored.map(({ repeat, name, reason }) => `repeat ${repeat + 1}, ${name}: ${reason}`),
    ),
    `## Answers of the agents\n\n${result.agentAnswers
      .map(({ agentId, stage, text }) => `${escapeText(agentId)}, stage ${stage}:\n\n${toBlock(text)}`)
      .join("\n\n")}`,
    `## How it was measured\n\n${toTable(["", ""], describeMethod(result))}`,
  ];
  return showControls(`${sections.filter((section) => section !== "").join("\n\n")}\n`);
}

/** Name and value of each circumstance that the figures depend on. */
export function describeMethod(result: CoordinationResult): readonly (readonly [string, string])[] {
  return [
    ["models", result.models.join(", ")],
    ["judge", result.judge],
    ["similarity by", result.embedder],
    ["temperature", show(result.temperature)],
    ["longest answer", `${result.maxTokens} tokens`],
    ["seed", String(result.seed)],
    ["repeats", `${result.repeats.length}, of which ${result.repeatsDropped} do not count`],
    ["intervals", "95 %, percentile bootstrap over the repeats, widened for few repeats"],
    ["definitions", result.definitionVersion],
    ["measured", new Date(result.finishedAtMs).toISOString()],
  ];
}

function toCosts(costs: ArmCosts): string {
  const rows = (["baseline", "coordinated", "control", "judging"] as const).map((arm) => [
    ...[arm, String(costs[arm].calls), String(costs[arm].promptTokens), String(costs[arm].completionTokens)],
    ...[String(tokensOf(costs[arm])), show(costs[arm].usd)],
  ]);
  return toTable(["", "Calls", "Prompt tokens", "Answer tokens", "Tokens", "USD"], rows);
}

function toRepeats({ repeats }: CoordinationResult): string {
  const rows = repeats.map((each) => [
    ...[String(each.repeat + 1), show(each.quality)],
    each.baseline.map((quality) => (quality === null ? "unscored" : show(quality))).join(", "),
    ...[show(each.gamma), show(each.omega), show(each.bestOfMatched), show(each.consensusRate)],
  ]);
  return toTable(
    ["Repeat", "Team", "Independent", "Gamma", "Omega", "Best for the same tokens", "Consensus"],
    rows,
  );
}

function toList(title: string, items: readonly string[]): string {
  return items.length === 0
    ? ""
    : `## ${title}\n\n${items.map((item) => `- ${escapeText(item)}`).join("\n")}`;
}

function toTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeText).join(" | ")} |`;
  return [line(heads), `|${heads.map(() => " --- |").join("")}`, ...rows.map(line)].join("\n");
}

/** A fence that is longer than any in the text. */
function toBlock(text: string): string {
  const longest = (text.match(/`+/g) ?? []).reduce((most, ticks) => Math.max(most, ticks.length), 2);
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

function escapeText(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\\`*_{}[\]<>()#!|~]/g, (mark) => `\\${mark}`)
    .replaceAll("&", "&amp;");
}
