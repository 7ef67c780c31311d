import { tokensOf } from "../meter.ts";
import type { CoordinationResult } from "../result.ts";
import { escapeHtml } from "./escape-html.ts";

const width = 640;
const labelWidth = 150;
const plotWidth = 400;
const rowHeight = 30;

type Bar = { readonly name: string; readonly share: number; readonly text: string; readonly class: string };

/** Each repeat as a line from 0 to 1: its independent answers as rings, the team's as a disc, the means as marks. */
export function toQualityChart({ repeats, effect }: CoordinationResult): string {
  const rows = repeats.map((each, index) => {
    const y = rowHeight * index + 20;
    const rings = each.baseline.flatMap((quality) =>
      quality === null ? [] : [`<circle class="alone" cx="${toX(quality)}" cy="${y}" r="5"/>`],
    );
    const disc =
      each.quality === undefined ? "" : `<circle class="team" cx="${toX(each.quality)}" cy="${y}" r="6"/>`;
    const line = `<line class="axis" x1="${toX(0)}" y1="${y}" x2="${toX(1)}" y2="${y}"/>`;
    return `<text x="0" y="${y + 4}">repeat ${each.repeat + 1}</text>${line}${rings.join("")}${disc}`;
  });
  const height = rowHeight * repeats.length + 40;
  const marks = effect.scored
    ? [toMark("alone", effect.baselineQuality, height), toMark("team", effect.coordinatedQuality, height)]
    : [];
  const scale = [0, 0.5, 1].map((at) => `<text class="scale" x="${toX(at)}" y="${height - 6}">${at}</text>`);
  return toSvg(height, "Quality of the answers in each repeat", [...rows, ...marks, ...scale]);
}

/** Gamma and gamma at the same tokens, each with its interval, beside the line where nothing is gained. */
export function toIntervalChart({ effect }: CoordinationResult): string {
  if (!effect.scored) return "";
  const measures = [
    {
      name: "gamma",
      value: effect.isGammaDefined ? effect.gamma : undefined,
      interval: effect.gammaInterval,
    },
    {
      name: "gamma, same tokens",
      value: effect.gammaComputeMatched,
      interval: effect.gammaComputeMatchedInterval,
    },
  ].flatMap(({ name, value, interval }) => (value === undefined ? [] : [{ name, value, interval }]));
  const longest = Math.max(2, ...measures.map(({ value, interval }) => interval?.high ?? value));
  const at = (value: number) => toX(Math.max(0, value) / longest);
  const rows = measures.map(({ name, value, interval }, index) => {
    const y = rowHeight * index + 20;
    const range = interval
      ? `<line class="range" x1="${at(interval.low)}" y1="${y}" x2="${at(interval.high)}" y2="${y}"/>`
      : "";
    return `<text x="0" y="${y + 4}">${escapeHtml(name)}</text>${range}<circle class="team" cx="${at(value)}" cy="${y}" r="6"/>`;
  });
  const height = rowHeight * measures.length + 40;
  const one = `<line class="one" x1="${at(1)}" y1="5" x2="${at(1)}" y2="${height - 22}"/>`;
  const scale = [0, 1, longest].map(
    (value) => `<text class="scale" x="${at(value)}" y="${height - 6}">${Number(value.toFixed(2))}</text>`,
  );
  return toSvg(height, "Gamma with its intervals; at 1 nothing is gained", [one, ...rows, ...scale]);
}

/** Calls and tokens of the independent answers and of the team. */
export function toCostChart({ costs }: CoordinationResult): string {
  const { baseline, coordinated } = costs;
  const mostCalls = Math.max(1, baseline.calls, coordinated.calls);
  const mostTokens = Math.max(1, tokensOf(baseline), tokensOf(coordinated));
  const bars: readonly Bar[] = [
    toBar("calls, alone", baseline.calls, mostCalls, "alone"),
    toBar("calls, team", coordinated.calls, mostCalls, "team"),
    toBar("tokens, alone", tokensOf(baseline), mostTokens, "alone"),
    toBar("tokens, team", tokensOf(coordinated), mostTokens, "team"),
  ];
  const rows = bars.map((bar, index) => {
    const y = rowHeight * index + 6;
    const length = Math.round(bar.share * plotWidth);
    return `<text x="0" y="${y + 14}">${bar.name}</text><rect class="${bar.class}" x="${labelWidth}" y="${y}" width="${length}" height="18"/><text x="${labelWidth + length + 6}" y="${y + 14}">${bar.text}</text>`;
  });
  return toSvg(rowHeight * bars.length + 10, "Calls and tokens of both arms", rows);
}

function toBar(name: string, value: number, most: number, kind: string): Bar {
  return { name, share: value / most, text: String(value), class: kind };
}

function toMark(kind: string, quality: number, height: number): string {
  const x = toX(quality);
  return `<line class="mean ${kind}" x1="${x}" y1="5" x2="${x}" y2="${height - 22}"/>`;
}

function toX(share: number): number {
  return Math.round((labelWidth + share * plotWidth) * 10) / 10;
}

function toSvg(height: number, title: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}"><title>${escapeHtml(title)}</title>${parts.join("")}</svg>`;
}
